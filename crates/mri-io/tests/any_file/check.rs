//! What holds for any bytes in a file: reading ends with a volume that the file can hold, or with an error that
//! names the file. Shared by `main.rs` and the fuzz target.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

/// Reads `bytes` as a file in every way there is, as they are and compressed.
pub(crate) fn any_file(bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("any.nii.gz");
    std::fs::write(&path, bytes).unwrap();
    all_ways(&path);
    let mut compressed = GzEncoder::new(Vec::new(), Compression::fast());
    compressed.write_all(bytes).unwrap();
    std::fs::write(&path, compressed.finish().unwrap()).unwrap();
    all_ways(&path);
}

fn all_ways(path: &Path) {
    // Deflate shrinks nothing further than this.
    let most = 1032 * std::fs::metadata(path).unwrap().len() as usize;
    let header = mri_io::nifti::read_header(path);
    if let Ok(series) = mri_io::nifti::Series::open(path) {
        // A header can claim any number of volumes; the first that is not there ends them.
        let there = series.take_while(Result::is_ok).count();
        assert!(there <= most);
    }
    match mri_io::read(path) {
        Ok(volume) => {
            let header = header.expect("a file that can be read has a header that can be read");
            assert_eq!(volume.grid(), header.grid());
            assert!(volume.as_slice().len() * header.datatype.size() <= most);
            assert!(header.affine.matrix().iter().all(|value| value.is_finite()));
            let _ = mri_io::nifti::read_labels::<i32>(path);
            let _ = mri_io::nifti::read_mask(path);
            let stored = mri_io::nifti::StoredVolume::read(path)
                .expect("what can be read can be read as it is stored");
            assert_eq!(stored.grid(), header.grid());
        }
        Err(error) => assert!(error.to_string().contains("any.nii.gz"), "{error}"),
    }
}
