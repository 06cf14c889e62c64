//! A disk that takes no more. A limit on the size of files stands in for it: writing fails midway just the same.

use std::fs;

use assert_cmd::Command;

use crate::experiment::{Experiment, files_below};
use crate::program::fails_saying;

#[test]
fn a_failed_write_is_told_and_leaves_no_half_file() {
    let experiment = Experiment::new("full-disk", &[]);
    let program = experiment.memae(&[]).get_program().to_owned();
    let limit_kib = 16;
    // The signal that comes with the limit is ignored, so that the program sees the failing write.
    let script = format!("trap '' XFSZ; ulimit -f {limit_kib}; exec \"$0\" synth --config tiny.toml");
    let mut command = Command::new("bash");
    command.current_dir(&experiment.folder).arg("-c").arg(script).arg(program);
    fails_saying(&mut command, &[".nii.gz"]);
    for file in files_below(&experiment.folder.join("cache")) {
        assert!(fs::metadata(&file).unwrap().len() < limit_kib * 1024, "{} is cut off", file.display());
    }
}
