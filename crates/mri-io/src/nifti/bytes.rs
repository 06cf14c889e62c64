//! From a path to the decompressed bytes of header and voxels. No allocation is larger than what the
//! file's own size justifies.

use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::header::{Header, NIFTI2_LENGTH};
use crate::{Error, Result};

/// Deflate cannot shrink data by more than this factor.
const LARGEST_RATIO: usize = 1032;
const TRUNCATED: &str = "ends before all voxels were read: the file is truncated, copy or download it again";

/// The header alone.
pub(super) fn read_header(path: &Path) -> Result<Header> {
    let path = header_path(path);
    let mut file = std::fs::File::open(&path).map_err(|source| Error::io(&path, source))?;
    let mut start = Vec::new();
    // More than a header compresses to, unless somebody wrote a gzip header of many kilobytes.
    file.by_ref().take(64 << 10).read_to_end(&mut start).map_err(|source| Error::io(&path, source))?;
    parse_start(&path, &start)
}

/// The header and exactly the bytes of the voxels.
pub(super) fn read_all(path: &Path) -> Result<(Header, Vec<u8>)> {
    let header_path = header_path(path);
    let file = std::fs::read(&header_path).map_err(|source| Error::io(&header_path, source))?;
    let header = parse_start(&header_path, &file)?;
    let (data_path, file) = if header.single_file {
        (header_path, file)
    } else {
        let data_path = image_path(&header_path)?;
        let file = std::fs::read(&data_path).map_err(|source| Error::io(&data_path, source))?;
        (data_path, file)
    };
    let end = header.offset.checked_add(header.data_length());
    let mut data = match end {
        Some(end) if is_gzip(&file) => inflate(&data_path, &file, end)?,
        Some(end) if file.len() >= end => file,
        _ => return Err(Error::nifti(&data_path, TRUNCATED)),
    };
    data.truncate(header.offset + header.data_length());
    data.drain(..header.offset);
    Ok((header, data))
}

fn is_gzip(file: &[u8]) -> bool {
    file.starts_with(&[0x1f, 0x8b])
}

/// Parses the header from the first bytes of a file, compressed or not.
fn parse_start(path: &Path, file: &[u8]) -> Result<Header> {
    if file.is_empty() {
        return Err(Error::nifti(path, "is empty"));
    }
    if !is_gzip(file) {
        return Header::parse(path, file);
    }
    let mut start = Vec::with_capacity(NIFTI2_LENGTH);
    // An error here means that the bytes end or break off; what was inflated until then tells enough.
    let outcome = MultiGzDecoder::new(file).take(NIFTI2_LENGTH as u64).read_to_end(&mut start);
    match outcome {
        Err(error) if start.is_empty() => Err(Error::nifti(path, format!("cannot be decompressed: {error}"))),
        _ => Header::parse(path, &start),
    }
}

/// Inflates at least `length` bytes.
fn inflate(path: &Path, file: &[u8], length: usize) -> Result<Vec<u8>> {
    if length / LARGEST_RATIO > file.len() {
        return Err(Error::nifti(
            path,
            format!(
                "claims {length} bytes of voxels, more than its {} compressed bytes can hold: the header is damaged",
                file.len()
            ),
        ));
    }
    // The fast way needs to know how much comes out. The last four bytes say so, if there is one member.
    let trailer: [u8; 4] = file[file.len().saturating_sub(4)..].try_into().unwrap_or_default();
    let claimed = u32::from_le_bytes(trailer) as usize;
    if claimed >= length && claimed / LARGEST_RATIO <= file.len() {
        let mut out = vec![0; claimed];
        if libdeflater::Decompressor::new().gzip_decompress(file, &mut out).is_ok_and(|n| n >= length) {
            return Ok(out);
        }
    }
    let mut out = Vec::with_capacity(length);
    MultiGzDecoder::new(file).take(length as u64).read_to_end(&mut out).map_err(|error| {
        Error::nifti(path, format!("cannot be decompressed ({error}): the file is damaged or truncated, copy or download it again"))
    })?;
    if out.len() < length { Err(Error::nifti(path, TRUNCATED)) } else { Ok(out) }
}

/// The header's file, also if the voxels' was named.
fn header_path(path: &Path) -> PathBuf {
    sibling(path, "img", "hdr").unwrap_or_else(|| path.to_owned())
}

/// The file with the voxels that belong to a header without voxels.
fn image_path(header: &Path) -> Result<PathBuf> {
    let image = sibling(header, "hdr", "img").ok_or_else(|| {
        Error::nifti(header, "is a header without voxels, but its name does not end in .hdr or .hdr.gz")
    })?;
    if image.exists() || image.extension().is_some_and(|extension| extension == "gz") {
        return Ok(image);
    }
    let mut compressed = image.clone().into_os_string();
    compressed.push(".gz");
    let compressed = PathBuf::from(compressed);
    Ok(if compressed.exists() { compressed } else { image })
}

/// `name.from` (or `name.from.gz`) with the other ending, if the name has the first one.
fn sibling(path: &Path, from: &str, to: &str) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let (stem, compression) = name.strip_suffix(".gz").map_or((name, ""), |stem| (stem, ".gz"));
    let base = stem.strip_suffix(from)?.strip_suffix('.')?;
    Some(path.with_file_name(format!("{base}.{to}{compression}")))
}
