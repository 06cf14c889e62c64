//! An interrupted training goes on, and ends as if nothing had happened.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::experiment::Experiment;
use crate::program::succeeds;

const LONG: [(&str, &str); 2] = [
    ("epochs = 1", "epochs = 20"),
    ("device = \"cpu\"", "device = \"cpu\"\nthreads = 1\nmodels = [\"memae\"]"),
];

#[test]
fn training_resumes_to_the_same_weights() {
    let straight = Experiment::after_preprocessing("straight", &LONG);
    succeeds(&mut straight.memae(&["run"]));

    let interrupted = Experiment::after_preprocessing("interrupted", &LONG);
    let mut program = start(&interrupted);
    wait_for_epochs(&interrupted, 3, &mut program);
    let asked = Command::new("kill").arg("-INT").arg(program.id().to_string()).status().unwrap();
    assert!(asked.success());
    assert_eq!(program.wait().unwrap().code(), Some(130), "the exit code of an interrupt");
    assert!(!interrupted.result("report/index.html").exists(), "the run was interrupted too late");

    succeeds(&mut interrupted.memae(&["run"]));
    for weights in ["best.safetensors", "last.safetensors"] {
        let [one, other] =
            [&straight, &interrupted].map(|run| fs::read(run.result("models/memae").join(weights)).unwrap());
        assert!(one == other, "{weights} differ");
    }
}

fn start(experiment: &Experiment) -> Child {
    Command::new(experiment.memae(&[]).get_program())
        .current_dir(&experiment.folder)
        .args(["run", "--config", "tiny.toml"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn wait_for_epochs(experiment: &Experiment, epochs: usize, program: &mut Child) {
    let history = experiment.result("models/memae/metrics.jsonl");
    let start = Instant::now();
    while fs::read_to_string(&history).unwrap_or_default().lines().count() < epochs {
        assert!(program.try_wait().unwrap().is_none(), "the program ended before it could be interrupted");
        assert!(start.elapsed() < Duration::from_secs(300), "no epoch came");
        sleep(Duration::from_millis(5));
    }
}
