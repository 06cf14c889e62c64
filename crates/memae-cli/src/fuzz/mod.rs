//! Whatever bytes are in a file that others made, reading it ends with a result or an error: no panic, no endless work, no memory
//! beyond what a file of that size can justify.
//!
//! Each test changes good files at random and reads what comes out, for a second. A long run:
//! `FUZZ_EXECUTIONS=1000000 cargo test -p memae-cli fuzz -- --nocapture`. The same seed makes the same files.

mod driver;
mod models;
mod mutate;
mod texts;

#[path = "../../../mri-io/tests/any_file/check.rs"]
mod any_file;

use std::fs;
use std::path::Path;

use cap::Cap;
use driver::{Outcome, fuzz};

/// Memory of this test program (bytes). Beyond that it ends; `driver` says which file it was.
const MEMORY: usize = 1 << 30;

#[global_allocator]
static ALLOCATOR: Cap<std::alloc::System> = Cap::new(std::alloc::System, MEMORY);

/// The files of folders of mri-io's tests.
fn files_of(folders: &[&str]) -> Vec<Vec<u8>> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../mri-io/tests");
    let files = folders.iter().flat_map(|folder| fs::read_dir(tests.join(folder)).unwrap());
    let mut paths: Vec<_> = files.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

#[test]
fn images() {
    let seeds = files_of(&["corpus", "golden/files", "golden/mgh"]);
    fuzz("images", &seeds, &["n+1\0", "ni1\0", "n+2\0\r\n\x1a\n"], |bytes| {
        any_file::any_file(bytes);
        Outcome::of(mri_io::nifti::read_bytes("any.nii.gz", bytes.to_vec()), "any.nii.gz")
    });
}
