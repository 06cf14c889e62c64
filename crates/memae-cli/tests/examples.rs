//! Who uses the libraries gets the program's numbers.

#[path = "../examples/anomaly_map.rs"]
mod anomaly_map;

use std::path::Path;
use std::process::Command;

use mri_phantom::{LesionKind, PhantomSettings};

#[test]
fn the_map_by_the_libraries_is_that_of_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let scan = folder.path().join("head.nii.gz");
    let settings = PhantomSettings { shape: [64, 64, 48], spacing: [4.0; 3], ..Default::default() };
    let head = mri_phantom::with_lesion(&settings, 1, 1, LesionKind::Glioma).unwrap();
    mri_io::write(&scan, &head.scan).unwrap();
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/dae.safetensors");

    let mut program = Command::new(env!("CARGO_BIN_EXE_memae"));
    program.current_dir(&folder).args([
        "detect",
        "head.nii.gz",
        "--out",
        "out",
        "--device",
        "cpu",
        "--model",
    ]);
    let output = program.arg(&package).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let ours = anomaly_map::anomaly_map(&package, &mri_io::read(&scan).unwrap()).unwrap();
    let theirs = mri_io::read(folder.path().join("out/head/anomaly.nii.gz")).unwrap();
    assert!(ours.as_slice().iter().any(|score| *score > 0.0));
    assert_eq!(ours.data(), theirs.data());
}
