//! `memae data check` on cohorts with and without faults.

use std::fs;
use std::path::Path;

use crate::experiment::{Experiment, finished};
use crate::program::{fails_saying, mri_prep, succeeds};

/// A manifest whose lesion subjects are the folder `study/patients`, healthy ones `study/healthy`.
const MANIFEST: &str = r#"
title = "Made up"
access = "none"
licence = "none"
citation = "none"
folder = "study"
skull_stripped = false

[healthy]
scan = "healthy/{subject}_T2w.nii.gz"

[lesions]
scan = "patients/{subject}_T2w.nii.gz"
segmentation = "patients/{subject}_tumour.nii.gz"
"#;

const CONFIG: &str = r#"
[run]
name = "checked"
[data]
kind = "manifest"
healthy = "made-up.toml"
lesions = "made-up.toml"
root = "."
seed = 1
train = 1
validation = 1
"#;

/// An experiment on copies of synthetic heads in the two folders.
pub(crate) fn cohorts(name: &str) -> Experiment {
    let experiment = Experiment::new(name, &[]);
    fs::write(experiment.folder.join("tiny.toml"), CONFIG).unwrap();
    fs::write(experiment.folder.join("made-up.toml"), MANIFEST).unwrap();
    let source = finished().data_root().join("synthetic");
    for (from, to, files) in
        [("healthy", "healthy", &["T2w"][..]), ("tumour", "patients", &["T2w", "tumour"])]
    {
        let folder = experiment.folder.join("study").join(to);
        fs::create_dir_all(&folder).unwrap();
        for (subject, called) in [("sub-0001", "1"), ("sub-0002", "2")] {
            for file in files {
                let original = source.join(from).join(subject).join(format!("{subject}_{file}.nii.gz"));
                fs::copy(original, folder.join(format!("{to}{called}_{file}.nii.gz"))).unwrap();
            }
        }
    }
    experiment
}

fn copy(folder: &Path, from: &str, to: &str) {
    fs::copy(folder.join(from), folder.join(to)).unwrap();
}

#[test]
fn good_cohorts_are_ready() {
    let text = succeeds(&mut cohorts("data-good").memae(&["data", "check"]));
    assert!(text.contains("4 ready, 0 to look at, 0 to mend"), "{text}");
    assert!(text.contains("cohorts, medians"), "{text}");
}

#[test]
fn each_fault_is_named() {
    let experiment = cohorts("data-faults");
    let folder = &experiment.folder.join("study");
    // A patient's scan among the healthy, by content; a name in both cohorts; a patient without labels; a scan as labels.
    copy(folder, "patients/patients1_T2w.nii.gz", "healthy/copied_T2w.nii.gz");
    copy(folder, "healthy/healthy1_T2w.nii.gz", "healthy/patients2_T2w.nii.gz");
    copy(folder, "healthy/healthy2_T2w.nii.gz", "patients/unlabelled_T2w.nii.gz");
    copy(folder, "patients/patients2_T2w.nii.gz", "patients/patients2_tumour.nii.gz");
    fails_saying(
        &mut experiment.memae(&["data", "check"]),
        &[
            "holds the same voxels as ./study/healthy/copied_T2w.nii.gz",
            "subject patients2 is in both cohorts",
            "unlabelled of Made up has no segmentation",
            "patients2_tumour.nii.gz",
            "make sure that",
            "must be mended",
        ],
    );
}

#[test]
fn what_was_not_fetched_is_named_and_the_rest_goes_on() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("data-not-fetched");
    fs::remove_dir_all(&folder).ok();
    let scan = finished().synthetic_scan();
    for subject in ["sub-1", "sub-2", "sub-3"] {
        fs::create_dir_all(folder.join(subject).join("anat")).unwrap();
    }
    let file = |name: &str| folder.join(&name[..5]).join("anat").join(name);
    fs::copy(&scan, file("sub-1_T2w.nii.gz")).unwrap();
    fs::copy(&scan, file("sub-1_part-phase_T2w.nii.gz")).unwrap();
    std::os::unix::fs::symlink("../../.git/annex/objects/x.nii.gz", file("sub-2_T2w.nii.gz")).unwrap();
    let told = [
        "sub-1_part-phase_T2w.nii.gz is left out",
        "sub-3 has no anat/*_T2w",
        "1 of 2 scans failed",
        "datalad get",
    ];

    let mut detect = finished().memae(&["detect"]);
    detect.arg(&folder).arg("--model").arg(finished().package()).arg("--out").arg(folder.join("found"));
    fails_saying(&mut detect, &told);
    assert!(folder.join("found/sub-1/summary.json").is_file());

    let mut prepare = mri_prep();
    fails_saying(prepare.arg("run").arg("--bids").arg(&folder), &told);
    let prepared = folder.join("derivatives/mri-prep/sub-1/anat");
    assert!(fs::read_dir(prepared).unwrap().count() > 5);
}

#[test]
fn logs_can_be_read_by_programs() {
    let experiment = Experiment::after_preprocessing("json-logs", &[]);
    let output = experiment.memae(&["preprocess", "--json"]).output().unwrap();
    assert!(output.status.success());
    let lines = String::from_utf8(output.stderr).unwrap();
    let events: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let said = |event: &&serde_json::Value| {
        event["message"].as_str().is_some_and(|text| text.contains("preprocess"))
    };
    assert!(events.iter().any(|event| said(&event)), "{lines}");
}
