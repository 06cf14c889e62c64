//! A bad configuration is told before any work starts.

use std::fs;
use std::io::Write;

use crate::experiment::{Experiment, files_below};
use crate::program::{fails_saying, memae, succeeds};

/// The tiny experiment with one change must be refused with a message that says `expected`, and write nothing.
#[track_caller]
fn refused(name: &str, change: (&str, &str), expected: &[&str]) {
    let experiment = Experiment::new(name, &[change]);
    fails_saying(&mut experiment.memae(&["run"]), &[&["tiny.toml"], expected].concat());
    assert_eq!(files_below(&experiment.folder), [experiment.folder.join("tiny.toml")]);
}

#[test]
fn an_unknown_key() {
    refused("unknown-key", ("epochs = 1", "epoch = 1"), &["did you mean `epochs`?", "line"]);
}

#[test]
fn a_value_out_of_range() {
    refused("out-of-range", ("batch = 16", "batch = 0"), &["[train]", "batch"]);
}

#[test]
fn sides_that_the_networks_cannot_halve() {
    refused("odd-sides", ("shape = [32, 32, 24]", "shape = [32, 40, 24]"), &["multiples of 16"]);
}

#[test]
fn a_device_that_is_not_there_is_told_before_any_work() {
    let experiment = Experiment::new("no-device", &[("device = \"cpu\"", "device = \"cuda:99\"")]);
    fails_saying(&mut experiment.memae(&["run"]), &["[run] device", "cuda:99"]);
    assert_eq!(files_below(&experiment.folder), [experiment.folder.join("tiny.toml")]);
}

#[test]
fn a_second_run_in_the_same_folder_is_refused_and_a_lock_left_behind_is_not_minded() {
    let experiment = Experiment::after_preprocessing("locked", &[]);
    fs::create_dir_all(experiment.result("")).unwrap();
    let mut lock = fs::File::create(experiment.result(".lock")).unwrap();
    lock.write_all(br#"{"since":"2026-01-02 03:04 UTC","process":7,"host":"elsewhere"}"#).unwrap();
    lock.lock().unwrap();
    let told = ["another run works here, since 2026-01-02 03:04 UTC (process 7 on elsewhere)"];
    fails_saying(&mut experiment.memae(&["preprocess"]), &told);
    drop(lock);
    succeeds(&mut experiment.memae(&["preprocess"]));
}

#[test]
fn no_such_file() {
    fails_saying(memae().args(["run", "--config", "no/such.toml"]), &["no/such.toml"]);
}

#[test]
fn the_papers_configuration_without_its_data_says_what_to_obtain() {
    let experiment = Experiment::new("no-data", &[]);
    let paper = concat!(env!("CARGO_MANIFEST_DIR"), "/../configs/paper.toml");
    fs::copy(paper, experiment.folder.join("tiny.toml")).unwrap();
    fails_saying(&mut experiment.memae(&["run"]), &["Cam-CAN", "obtain", "https://"]);
}
