//! Scans that cannot be used end in a message that names them.

use std::fs;
use std::path::{Path, PathBuf};

use mri_io::{Grid, Volume};

use crate::experiment::{Experiment, files_below, finished};
use crate::program::fails_saying;

/// Writes a scan of a few voxels.
fn write_scan(path: &Path, shape: [usize; 3], change: impl FnOnce(&mut [f32])) {
    let mut scan = Volume::filled(&Grid::centred(shape, [8.0; 3]).unwrap(), 100.0_f32).unwrap();
    change(scan.as_mut_slice());
    mri_io::write(path, &scan).unwrap();
}

/// Files that a user might take for a scan, each with what a message must say about it.
fn bad_files(folder: &Path) -> Vec<(PathBuf, &'static str)> {
    let good = folder.join("good.nii.gz");
    write_scan(&good, [32, 32, 24], |voxels| {
        for (i, voxel) in voxels.iter_mut().enumerate() {
            *voxel = (i * 7919 % 1000) as f32;
        }
    });
    let bytes = fs::read(&good).unwrap();
    let file = |name: &str, content: &[u8], says| {
        let path = folder.join(name);
        fs::write(&path, content).unwrap();
        (path, says)
    };
    let mut files = vec![
        file("empty.nii.gz", b"", "empty"),
        file("truncated.nii.gz", &bytes[..bytes.len() / 2], "truncated"),
        file("text.nii.gz", b"This is text, whatever its name says.\n".repeat(40).as_slice(), "not a NIfTI"),
        (folder.join("absent.nii.gz"), "No such file"),
    ];
    let not_a_number = folder.join("nan.nii.gz");
    write_scan(&not_a_number, [32, 32, 24], |voxels| voxels.fill(f32::NAN));
    files.push((not_a_number, "finite"));
    files
}

#[test]
fn detect_refuses_each_and_leaves_no_result() {
    let run = finished();
    let experiment = Experiment::new("bad-scan", &[]);
    for (scan, says) in bad_files(&experiment.folder) {
        let out = experiment.folder.join("out");
        let mut detect = run.memae(&["detect"]);
        detect.arg(&scan).arg("--model").arg(run.package()).arg("--out").arg(&out);
        fails_saying(&mut detect, &[scan.file_name().unwrap().to_str().unwrap(), says]);
        assert_eq!(files_below(&out), Vec::<PathBuf>::new());
    }
}

/// Copies all files below a folder.
fn copy_files(from: &Path, to: &Path) {
    for file in files_below(from) {
        let copy = to.join(file.strip_prefix(from).unwrap());
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::copy(file, copy).unwrap();
    }
}

/// An experiment on a copy of the synthetic cohort's files, found through its manifest.
fn on_files(name: &str) -> (Experiment, PathBuf) {
    let experiment = Experiment::new(
        name,
        &[
            (
                "kind = \"synthetic\"",
                "kind = \"manifest\"\nhealthy = \"synthetic\"\nlesions = \"synthetic\"\nroot = \"data\"",
            ),
            ("[data.scan]\nshape = [64, 64, 48]\nspacing = [4.0, 4.0, 4.0]\n", ""),
        ],
    );
    copy_files(&finished().data_root(), &experiment.folder.join("data"));
    let tumour = experiment.folder.join("data/synthetic/tumour");
    let segmentation =
        files_below(&tumour).into_iter().find(|file| file.to_string_lossy().ends_with("_tumour.nii.gz"));
    (experiment, segmentation.expect("the cohort has a segmentation"))
}

#[test]
fn a_missing_segmentation_is_named() {
    let (experiment, segmentation) = on_files("missing-segmentation");
    fs::remove_file(&segmentation).unwrap();
    let name = segmentation.file_name().unwrap().to_str().unwrap();
    fails_saying(&mut experiment.memae(&["run"]), &["segmentation", name]);
}

#[test]
fn a_segmentation_of_other_dimensions_is_named() {
    let (experiment, segmentation) = on_files("other-dimensions");
    write_scan(&segmentation, [16, 16, 16], |voxels| voxels.fill(1.0));
    let name = segmentation.file_name().unwrap().to_str().unwrap();
    fails_saying(&mut experiment.memae(&["run"]), &[name, "16"]);
}
