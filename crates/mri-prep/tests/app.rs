//! `mri-prep bids`, called as BIDS Apps are: on three synthetic brains, two of them of one participant.

mod common;

use std::path::Path;

use common::{brain, fails, pose, succeeds};
use mri_io::{RigidTransform, write};

const OPTIONS: &str =
    "--suffix T1w --reference reference.nii.gz --reference-mask mask.nii.gz --settings quick.toml";

fn data_set(folder: &Path) {
    let reference = brain(&RigidTransform::identity());
    write(folder.join("reference.nii.gz"), &reference).unwrap();
    write(folder.join("mask.nii.gz"), &reference.map(|&value| value > 0.0)).unwrap();
    let quick = "[strip]\nskull = 'keep'\n[registration]\nsamples = 1000\nmax_rotation_degrees = 15.0\n";
    std::fs::write(folder.join("quick.toml"), quick).unwrap();
    for file in ["sub-01/anat/sub-01_T1w.nii.gz", "sub-02/ses-1/anat/sub-02_ses-1_T1w.nii.gz"] {
        let file = folder.join("study").join(file);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        write(file, &brain(&pose())).unwrap();
    }
    let second = folder.join("study/sub-02/ses-2/anat/sub-02_ses-2_T1w.nii.gz");
    std::fs::create_dir_all(second.parent().unwrap()).unwrap();
    write(second, &reference).unwrap();
    std::fs::create_dir_all(folder.join("study/sub-03")).unwrap();
}

#[test]
fn participants_then_the_group() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    data_set(folder);
    let call = |level: &str| format!("bids study out {level} {OPTIONS}");
    fails(folder, &call("participant"), &["dataset_description.json", "--skip-bids-validation"]);
    let description = "{\"Name\": \"study\", \"BIDSVersion\": \"1.10.0\"}";
    std::fs::write(folder.join("study/dataset_description.json"), description).unwrap();
    fails(
        folder,
        &format!("{} --participant-label 07", call("participant")),
        &["sub-07: no such participant"],
    );
    assert!(succeeds(folder, "bids --help").contains("participant"));

    let text = succeeds(folder, &format!("{} --participant-label sub-02", call("participant")));
    assert!(
        text.contains("[2/2]") && text.contains("a page for each subject") && !text.contains("sub-03"),
        "{text}"
    );
    let page = |name: &str| std::fs::read_to_string(folder.join("out").join(name)).unwrap();
    assert!(page("sub-02.html").contains("figures/sub-02_ses-1_desc-quality_T1w.png"));
    assert!(!folder.join("out/sub-01.html").exists());
    assert!(
        folder.join("out/sub-02/ses-1/anat/sub-02_ses-1_space-reference_desc-brain_T1w.nii.gz").is_file()
    );

    let text = succeeds(folder, &call("group"));
    assert!(text.contains("1 of 3 scans are not done"), "{text}");
    succeeds(folder, &format!("{} --participant-label 01", call("participant")));
    let text = succeeds(folder, &call("group"));
    assert!(!text.contains("are not done"), "{text}");
    let group = page("figures/quality.html");
    assert!(["sub-01_", "sub-02_ses-1_", "sub-02_ses-2_"].iter().all(|name| group.contains(name)));
    assert_eq!(page(".bidsignore").lines().last(), Some("sub-*.html"));
}
