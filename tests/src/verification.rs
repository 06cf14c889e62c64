//! `memae verify` tells a run's results from files that were changed since.

use std::fs;
use std::path::Path;

use crate::experiment::{files_below, finished};
use crate::program::{fails_saying, memae, succeeds};

#[test]
fn a_finished_run_is_as_recorded() {
    let mut verify = memae();
    verify.current_dir(&finished().folder).args(["verify", "runs/tiny"]);
    let said = succeeds(&mut verify);
    assert!(said.contains("results and") && said.contains("inputs are as recorded"), "{said}");
}

#[test]
fn each_changed_missing_or_added_file_is_named() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("verified");
    fs::remove_dir_all(&folder).ok();
    for file in files_below(&finished().result("")) {
        let copy = folder.join(file.strip_prefix(finished().result("")).unwrap());
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::copy(file, copy).unwrap();
    }
    let weights = folder.join("models/ae/best.safetensors");
    let mut bytes = fs::read(&weights).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&weights, bytes).unwrap();
    fs::remove_file(folder.join("report/table1.csv")).unwrap();
    fs::write(folder.join("report/notes.txt"), "of one's own").unwrap();

    let mut verify = memae();
    verify.current_dir(&finished().folder).arg("verify").arg(&folder);
    let said = [
        "result has changed: ",
        "models/ae/best.safetensors",
        "result is gone: ",
        "report/table1.csv",
        "not recorded: ",
        "report/notes.txt",
        "3 of ",
    ];
    fails_saying(&mut verify, &said);
}

#[test]
fn a_folder_without_a_run_is_told_apart() {
    let folder = finished().folder.join("cache");
    fails_saying(memae().arg("verify").arg(folder), &["is not the folder of a run", "provenance.json"]);
}
