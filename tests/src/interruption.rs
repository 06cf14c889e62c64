//! What was interrupted goes on, and ends as if nothing had happened.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::experiment::{Experiment, files_below, finished};
use crate::program::succeeds;

/// More than are done before an interrupt comes.
const SCANS: usize = 6;

/// Two models, each trained by one of `threads`.
fn long(threads: usize) -> [(&'static str, String); 2] {
    let keys = format!("threads = {threads}\nthreads_per_model = 1\nmodels = [\"memae\", \"ssim-ae\"]");
    [("epochs = 1", "epochs = 20".to_owned()), ("device = \"cpu\"", format!("device = \"cpu\"\n{keys}"))]
}

#[test]
fn training_side_by_side_resumes_to_the_weights_of_one_model_after_the_other() {
    let experiment = |name, threads| {
        let changes = long(threads);
        Experiment::after_preprocessing(name, &changes.each_ref().map(|(from, to)| (*from, to.as_str())))
    };
    let straight = experiment("straight", 1);
    succeeds(&mut straight.memae(&["run"]));

    let interrupted = experiment("interrupted", 2);
    let mut program = start(&interrupted, &["run"]);
    let history = interrupted.result("models/memae/metrics.jsonl");
    interrupt_when(&mut program, || fs::read_to_string(&history).unwrap_or_default().lines().count() >= 3);
    assert!(!interrupted.result("report/index.html").exists(), "the run was interrupted too late");

    succeeds(&mut interrupted.memae(&["run"]));
    for weights in ["memae/best", "memae/last", "ssim-ae/best", "ssim-ae/last"] {
        let file = format!("models/{weights}.safetensors");
        let [one, other] = [&straight, &interrupted].map(|run| fs::read(run.result(&file)).unwrap());
        assert!(one == other, "{weights} differ");
    }
}

fn start(experiment: &Experiment, arguments: &[&str]) -> Child {
    let command = experiment.memae(arguments);
    Command::new(command.get_program())
        .current_dir(&experiment.folder)
        .args(command.get_args())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Interrupts a program as soon as it has come so far, and waits for its end.
fn interrupt_when(program: &mut Child, far_enough: impl Fn() -> bool) {
    let start = Instant::now();
    while !far_enough() {
        assert!(program.try_wait().unwrap().is_none(), "the program ended before it could be interrupted");
        assert!(start.elapsed() < Duration::from_secs(300), "the program does not come so far");
        sleep(Duration::from_millis(5));
    }
    let asked = Command::new("kill").arg("-INT").arg(program.id().to_string()).status().unwrap();
    assert!(asked.success());
    assert_eq!(program.wait().unwrap().code(), Some(130), "the exit code of an interrupt");
}

#[test]
fn detection_leaves_whole_results_and_goes_on() {
    let experiment = Experiment::new("detection-interrupted", &[]);
    // With its mask: nothing is stripped, and the scans are soon done.
    let mut lines = "scan,mask\n".to_owned();
    let scan = finished().synthetic_scan();
    let mask = scan.display().to_string().replace("_T2w", "_brainmask");
    for name in 0..SCANS {
        symlink(&scan, experiment.folder.join(format!("{name}.nii.gz"))).unwrap();
        lines.extend([&name.to_string(), ".nii.gz,", &mask, "\n"]);
    }
    fs::write(experiment.folder.join("scans.csv"), lines).unwrap();
    let out = experiment.folder.join("out");
    let package = finished().package().display().to_string();
    let detect = ["detect", "scans.csv", "--out", "out", "--jobs", "2", "--model", &package];
    let mut program = start(&experiment, &detect);
    let done = || files_below(&out).iter().filter(|file| file.ends_with("summary.json")).count();
    interrupt_when(&mut program, || done() > 0);

    let left = done();
    assert!((1..SCANS).contains(&left), "{left} of {SCANS} scans were done");
    let whole = |folder: &Path| folder.join("summary.json").is_file() && files_below(folder).len() == 10;
    for entry in fs::read_dir(&out).unwrap() {
        let folder = entry.unwrap().path();
        assert!(whole(&folder), "{} is half done: {:?}", folder.display(), files_below(&folder));
    }
    let said = succeeds(&mut experiment.memae(&detect));
    assert_eq!(said.matches("up to date").count(), left, "{said}");
    assert_eq!(done(), SCANS + 1, "one summary for each scan, and one of all");
}
