//! From a path to the decompressed bytes of header and voxels. No allocation is larger than what the
//! file's own size justifies.

use std::borrow::Cow;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::fault::Fault;
use super::fields::{Format, NIFTI2_LENGTH};
use super::header::Header;
use super::parse::parse;
use crate::find::why_absent;
use crate::{Error, Result};

/// Deflate cannot shrink data by more than this factor.
const LARGEST_RATIO: usize = 1032;
const NOT_A_FILE: &str = "is a folder or a device, not a file; a folder of DICOM files is converted with `dcm2niix -z y \
                          FOLDER`";
/// Intents of CIFTI files, which look like series of NIfTI-2 (nifti1.h, "INTENT CODES").
const CIFTI: std::ops::Range<i32> = 3000..3100;
/// Scans shrink by factors of 2 to 10, label maps and masks by 20 to 200.
const LIKELY_RATIO: usize = 64;

/// The header alone.
pub(super) fn read_header(path: &Path) -> Result<Header> {
    let path = header_path(path);
    header_of(&path).map_err(|error| explained(&path, error))
}

fn header_of(path: &Path) -> Result<Header> {
    let mut start = Vec::new();
    // More than a header compresses to, unless somebody wrote a gzip header of many kilobytes.
    open_file(path)?.take(64 << 10).read_to_end(&mut start).map_err(|source| Error::io(path, source))?;
    parse_start(path, &start)
}

/// The error, or what is behind it where only the file's name is here.
fn explained(path: &Path, error: Error) -> Error {
    why_absent(path).map_or(error, |reason| Error::nifti(path, Fault::Absent, reason))
}

/// The file with the header, and where that holds no voxels, theirs.
pub(super) fn files(path: &Path) -> Result<Vec<PathBuf>> {
    let header = header_path(path);
    let about = read_header(&header)?;
    let voxels = if about.single_file { None } else { Some(image_path(&header, about.format)?) };
    Ok(std::iter::once(header).chain(voxels).collect())
}

/// A checked header, and the file with its voxels, compressed or not.
pub(super) struct Opened {
    pub(super) header: Header,
    path: PathBuf,
    file: Vec<u8>,
    /// Where the voxels end in the decompressed file.
    end: usize,
}

/// Reads a file and its header.
pub(super) fn open(path: &Path) -> Result<Opened> {
    let path = header_path(path);
    let opened = read_file(&path).and_then(|file| open_bytes(path.clone(), file));
    opened.map_err(|error| explained(&path, error))
}

/// As [`open`], of a file's bytes. What the header claims can be in a file of this size.
pub(super) fn open_bytes(header_path: PathBuf, file: Vec<u8>) -> Result<Opened> {
    let header = parse_start(&header_path, &file)?;
    if header.volumes > 1 {
        return Err(a_series(&header_path, &header));
    }
    let (path, file) = if header.single_file {
        (header_path, file)
    } else {
        let path = image_path(&header_path, header.format)?;
        let file = read_file(&path)?;
        (path, file)
    };
    let end = end(&path, &header, file.len(), is_gzip(&file))?;
    Ok(Opened { header, path, file, end })
}

/// Where the voxels of the first volume end in the decompressed file, of `length` bytes as it is stored.
fn end(path: &Path, header: &Header, length: usize, gzip: bool) -> Result<usize> {
    let most = if gzip { length.saturating_mul(LARGEST_RATIO) } else { length };
    match header.offset.checked_add(header.data_length()) {
        Some(end) if end <= most => Ok(end),
        _ => Err(Error::nifti(path, Fault::Damaged, too_little(header, most))),
    }
}

/// A checked header, the file with the voxels, and these as a stream, of all volumes.
pub(super) fn stream(path: &Path) -> Result<(Header, PathBuf, Box<dyn Read + Send>)> {
    let path = header_path(path);
    let header = read_header(&path)?;
    let path = if header.single_file { path } else { image_path(&path, header.format)? };
    let file = open_file(&path)?;
    let io = |cause| Error::io(&path, cause);
    let length = usize::try_from(file.metadata().map_err(io)?.len()).unwrap_or(usize::MAX);
    let mut file = BufReader::new(file);
    let gzip = is_gzip(file.fill_buf().map_err(io)?);
    end(&path, &header, length, gzip)?;
    let mut voxels: Box<dyn Read + Send> =
        if gzip { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    skip(&path, &mut voxels, header.offset as u64)?;
    Ok((header, path, voxels))
}

/// Reads `count` bytes of a stream of this file and forgets them.
pub(super) fn skip(path: &Path, stream: &mut impl Read, count: u64) -> Result<()> {
    std::io::copy(&mut stream.take(count), &mut std::io::sink())
        .map(drop)
        .map_err(|error| Error::nifti(path, Fault::Damaged, broken(&error)))
}

/// The voxels of one volume from a stream of this file.
pub(super) fn exactly(path: &Path, stream: &mut impl Read, header: &Header) -> Result<Vec<u8>> {
    let mut voxels = Vec::new();
    let needed = header.data_length();
    stream
        .take(needed as u64)
        .read_to_end(&mut voxels)
        .map_err(|error| Error::nifti(path, Fault::Damaged, broken(&error)))?;
    if voxels.len() == needed {
        return Ok(voxels);
    }
    let what = "ends before the last of the volumes that its header says it has: the file is truncated, copy or download \
                it again";
    Err(Error::nifti(path, Fault::Damaged, what))
}

impl Opened {
    /// Whether the file is large enough to hold so many voxels of a scan or of labels. Hardly anything
    /// compresses further than this, though anything could.
    pub(super) fn is_likely_to_hold_them(&self) -> bool {
        self.end / LIKELY_RATIO <= self.file.len()
    }

    /// The decompressed file, up to the end of the voxels or further.
    pub(super) fn contents(&self) -> Result<Cow<'_, [u8]>> {
        if is_gzip(&self.file) { self.inflate().map(Cow::Owned) } else { Ok(Cow::Borrowed(&self.file)) }
    }

    fn inflate(&self) -> Result<Vec<u8>> {
        let Self { header, path, file, end } = self;
        // The fast way needs to know how much comes out. The last four bytes say so, if there is one member.
        let claimed = file.last_chunk::<4>().map_or(0, |&trailer| u32::from_le_bytes(trailer) as usize);
        let most = file.len().saturating_mul(LARGEST_RATIO);
        let mut out = vec![0; if (*end..=most).contains(&claimed) { claimed } else { *end }];
        if libdeflater::Decompressor::new().gzip_decompress(file, &mut out).is_ok_and(|n| n >= *end) {
            return Ok(out);
        }
        // Several members, more data than were claimed, or damage, which this way tells apart.
        out.clear();
        let mut decoder = MultiGzDecoder::new(&file[..]);
        // Reading on to the end verifies the checksum of what was read.
        let outcome = decoder
            .by_ref()
            .take(*end as u64)
            .read_to_end(&mut out)
            .and_then(|_| std::io::copy(&mut decoder, &mut std::io::sink()));
        match outcome {
            Err(error) => Err(Error::nifti(path, Fault::Damaged, broken(&error))),
            Ok(_) if out.len() < *end => {
                Err(Error::nifti(path, Fault::Damaged, too_little(header, out.len())))
            }
            Ok(_) => Ok(out),
        }
    }
}

fn a_series(path: &Path, header: &Header) -> Error {
    let volumes = header.volumes;
    let reason = if CIFTI.contains(&header.intent.code) {
        "is a CIFTI file: its values belong to points of surfaces and to structures, not to the voxels of a volume; \
         `wb_command -cifti-separate` (Connectome Workbench) writes the volume in it, if there is one"
            .to_owned()
    } else {
        format!(
            "holds a series of volumes ({volumes}), where one is needed: write the one that is meant to a file of its own"
        )
    };
    Error::nifti(path, Fault::Series { volumes }, reason)
}

fn too_little(header: &Header, found: usize) -> String {
    format!(
        "holds too little data: the header says {:?} voxels of {} from byte {} on, but there are only {found} bytes; \
         the file is truncated or damaged, copy or download it again",
        header.shape, header.datatype, header.offset
    )
}

/// Opens a regular file: a folder or a device has no size that could bound what is read.
fn open_file(path: &Path) -> Result<std::fs::File> {
    let file = std::fs::File::open(path).map_err(|source| Error::io(path, source))?;
    let about = file.metadata().map_err(|source| Error::io(path, source))?;
    if about.is_file() { Ok(file) } else { Err(Error::nifti(path, Fault::Format, NOT_A_FILE)) }
}

fn read_file(path: &Path) -> Result<Vec<u8>> {
    let mut file = open_file(path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|source| Error::io(path, source))?;
    Ok(bytes)
}

fn is_gzip(file: &[u8]) -> bool {
    file.starts_with(&[0x1f, 0x8b])
}

/// Parses the header from the first bytes of a file, compressed or not.
fn parse_start(path: &Path, file: &[u8]) -> Result<Header> {
    if file.is_empty() {
        return Err(Error::nifti(path, Fault::Damaged, "is empty: copy or download it again"));
    }
    if !is_gzip(file) {
        return parse(path, file);
    }
    let mut start = Vec::with_capacity(NIFTI2_LENGTH);
    // An error here means that the bytes end or break off; what was inflated until then tells enough.
    let outcome = MultiGzDecoder::new(file).take(NIFTI2_LENGTH as u64).read_to_end(&mut start);
    match outcome {
        Err(error) if start.is_empty() => Err(Error::nifti(path, Fault::Damaged, broken(&error))),
        _ => parse(path, &start),
    }
}

/// Why gzip data do not decompress.
fn broken(error: &std::io::Error) -> String {
    if error.kind() == std::io::ErrorKind::UnexpectedEof {
        return "holds gzip data that end too early: the file is truncated, copy or download it again".into();
    }
    format!("holds damaged gzip data ({error}): copy or download it again")
}

/// The header's file, also if the voxels' was named.
fn header_path(path: &Path) -> PathBuf {
    sibling(path, "img", "hdr").unwrap_or_else(|| path.to_owned())
}

/// The file with the voxels that belong to a header without voxels.
fn image_path(header: &Path, format: Format) -> Result<PathBuf> {
    sibling(header, "hdr", "img").ok_or_else(|| {
        Error::nifti(
            header,
            Fault::Format,
            match format {
                Format::Analyze => {
                    "is not a NIfTI file: its magic string is missing, so it is damaged or Analyze 7.5, whose header is \
                     named .hdr and lies beside its .img"
                }
                _ => "is a header without voxels, but its name does not end in .hdr or .hdr.gz",
            },
        )
    })
}

/// `name.from` (or `name.from.gz`) with the other ending, if the name has the first one; compressed alike
/// unless only the other way exists.
fn sibling(path: &Path, from: &str, to: &str) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let (stem, compressed) = name.strip_suffix(".gz").map_or((name, false), |stem| (stem, true));
    let base = stem.strip_suffix(from)?.strip_suffix('.')?;
    let [plain, gzip] =
        [format!("{base}.{to}"), format!("{base}.{to}.gz")].map(|name| path.with_file_name(name));
    let (alike, other) = if compressed { (gzip, plain) } else { (plain, gzip) };
    Some(if !alike.exists() && other.exists() { other } else { alike })
}
