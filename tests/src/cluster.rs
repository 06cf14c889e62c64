//! A run on a real Slurm cluster gives the very files of a run on one machine.

use std::fs;
use std::path::Path;

use assert_cmd::Command;

use crate::experiment::{Experiment, files_below, finished};
use crate::program::{fails_saying, memae, succeeds};
use crate::slurm::Slurm;

/// One model of the run on one machine that every other test looks at, with as many threads and few shards.
const CHANGES: [(&str, &str); 2] = [
    ("device = \"cpu\"", "device = \"cpu\"\nmodels = [\"ae\"]"),
    ("[evaluate.bootstrap]", "[cluster]\nshards = 2\nthreads = 2\nmemory = \"800M\"\n\n[evaluate.bootstrap]"),
];
/// Results of one method, which hold neither times nor sizes of files that do.
const RESULTS: [&str; 6] =
    ["best.safetensors", "last.safetensors", ".counts", ".copying.json", ".lesions.json", "sensitivity.json"];

/// An experiment on a cluster.
struct OnSlurm {
    slurm: Slurm,
    experiment: Experiment,
}

impl OnSlurm {
    fn in_place(&self, mut command: Command) -> Command {
        command.current_dir(&self.experiment.folder).env("SLURM_CONF", self.slurm.conf());
        command
    }

    fn submit(&self) -> Command {
        self.in_place(self.experiment.memae(&["run", "--on", "slurm"]))
    }

    /// `memae status` or `memae cancel`.
    fn says(&self, command: &str) -> String {
        let mut program = memae();
        program.args([command, "runs/tiny"]);
        succeeds(&mut self.in_place(program))
    }

    /// The line of a command in the table.
    fn state(&self, command: &str) -> String {
        let table = self.says("status");
        let line = table.lines().find(|line| line.split_whitespace().next() == Some(command));
        line.unwrap_or_else(|| panic!("{command} is not in\n{table}")).to_owned()
    }
}

/// They take long to draw, and are no part of what is looked at here.
fn copy_heads_and_atlas(experiment: &Experiment) {
    let cache = finished().folder.join("cache");
    for file in files_below(&cache) {
        let path = file.strip_prefix(&cache).unwrap();
        if !path.to_string_lossy().starts_with("preprocessed") {
            let copy = experiment.folder.join("cache").join(path);
            fs::create_dir_all(copy.parent().unwrap()).unwrap();
            fs::copy(&file, copy).unwrap();
        }
    }
}

#[test]
fn a_run_on_slurm_survives_what_happens_there_and_ends_with_the_same_files() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("slurm");
    let slurm = match Slurm::start(&folder) {
        Ok(slurm) => slurm,
        Err(why) => {
            println!("SKIPPED: no Slurm cluster can be started here: {why}");
            return;
        }
    };
    let mut run = OnSlurm { slurm, experiment: Experiment::new("on-slurm", &CHANGES) };
    copy_heads_and_atlas(&run.experiment);

    // Training will fail for good.
    let in_the_way = run.experiment.result("models");
    fs::create_dir_all(run.experiment.result("")).unwrap();
    fs::write(&in_the_way, "no folder").unwrap();
    let said = succeeds(&mut run.submit());
    // More scores than an array of this cluster holds.
    for stage in ["scans: 2 tasks", "train: 1 tasks", "scores: 6 tasks", "report: 1 tasks"] {
        assert!(said.contains(stage), "{stage}: {said}");
    }
    fails_saying(&mut run.submit(), &["still in the queue", "memae cancel runs/tiny"]);

    // A task is put back into the queue while it runs, and the controller is started anew.
    let preprocessing = |slurm: &Slurm| slurm.running("memae-scans");
    run.slurm.wait_until("scans are preprocessed", |slurm| preprocessing(slurm).is_some());
    let task = preprocessing(&run.slurm).unwrap();
    run.slurm.command("scontrol").args(["requeue", &task]).status().unwrap();
    run.slurm.stop("slurmctld");
    run.slurm.daemon("slurmctld", &["-D"]);
    run.slurm.wait_until("the controller answers", Slurm::answers);
    run.slurm.wait_until_empty();

    // What waited for the training has left the queue, and the table says why.
    let failed = run.state("train-ae");
    assert!(failed.contains("failed") && failed.contains("runs/tiny/models"), "{failed}");
    assert!(run.state("preprocess").contains("done") && run.state("run").contains("not begun"));

    fs::remove_file(in_the_way).unwrap();
    let said = succeeds(&mut run.submit());
    assert!(!said.contains("scans:"), "what is done is submitted again: {said}");
    let trained = |run: &OnSlurm| run.state("train-ae").contains("done");
    run.slurm.wait_until("the model is trained", |_| trained(&run));
    assert!(run.says("cancel").contains("cancelled"));
    run.slurm.wait_until_empty();
    let said = succeeds(&mut run.submit());
    assert!(!said.contains("train:"), "what is done is submitted again: {said}");
    run.slurm.wait_until_empty();

    assert!(run.state("run").contains("done"), "{}", run.says("status"));
    let mut compared = 0;
    for file in files_below(&run.experiment.result("")) {
        if RESULTS.iter().any(|ending| file.to_string_lossy().ends_with(ending)) {
            let here = finished().result("").join(file.strip_prefix(run.experiment.result("")).unwrap());
            assert!(fs::read(&file).unwrap() == fs::read(&here).unwrap(), "{} differs", here.display());
            compared += 1;
        }
    }
    assert!(compared > 40, "only {compared} files were compared");
    assert!(succeeds(&mut run.submit()).contains("nothing to submit"));
}
