//! `memae data check` on cohorts with and without faults.

use std::fs;
use std::path::Path;

use crate::experiment::{Experiment, finished};
use crate::program::{fails_saying, succeeds};

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
fn cohorts(name: &str) -> Experiment {
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
