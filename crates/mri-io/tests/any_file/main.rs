//! The reader on the fuzz target's corpus and on damaged copies of good files.

mod check;

use std::path::Path;

use proptest::prelude::*;

/// Small files: NIfTI of both versions, byte orders and several types, and some that lie.
fn corpus() -> Vec<Vec<u8>> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut paths: Vec<_> = ["corpus", "golden/files", "golden/mgh"]
        .iter()
        .flat_map(|folder| std::fs::read_dir(tests.join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

#[test]
fn each_file_of_the_corpus_is_read_or_refused() {
    let corpus = corpus();
    assert!(corpus.len() > 30, "{} files", corpus.len());
    for bytes in corpus {
        check::any_file(&bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn damaged_files_are_read_or_refused(
        file in any::<prop::sample::Index>(),
        changes in prop::collection::vec((0..560_usize, any::<u8>()), 0..6),
        length in prop::option::of(0..700_usize),
    ) {
        let corpus = corpus();
        let mut bytes = file.get(&corpus).clone();
        bytes.truncate(length.unwrap_or(usize::MAX));
        for (position, value) in changes {
            if let Some(byte) = bytes.get_mut(position) {
                *byte = value;
            }
        }
        check::any_file(&bytes);
    }
}
