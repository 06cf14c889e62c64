//! Training that is killed at any moment, again and again, ends with the same bits.

use std::fs;
use std::io::{BufRead, BufReader};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use memae_model::cohort::{Cohort, CohortWriter};
use memae_model::{DeviceChoice, ModelKind, ModelSettings, TrainSettings, Trainer};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Tells the process to be killed where to train.
const FOLDER: &str = "MEMAE_TEST_KILL_FOLDER";
/// What that process says after each batch and each epoch.
const TICK: &str = "tick";

const SHAPE: [usize; 3] = [16, 16, 10];
const EPOCHS: usize = 8;
/// Ticks of an epoch: training batches, validation batches, and the epoch itself.
const TICKS: u64 = 6 + 2 + 1;

fn write_cohort(path: &Path, subjects: std::ops::Range<usize>) {
    let mut writer = CohortWriter::create(path, SHAPE).unwrap();
    let voxels: usize = SHAPE.iter().product();
    for number in subjects {
        let volume: Vec<f32> =
            (0..voxels).map(|voxel| ((voxel * (number + 3)) % 101) as f32 / 100.0).collect();
        writer.push(&format!("subject-{number}"), &volume, &vec![true; voxels]).unwrap();
    }
    writer.finish().unwrap();
}

/// Not a test: the process that is killed.
#[test]
#[ignore = "started by the test below"]
fn train_until_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let folder = Path::new(&folder);
    let open = |name: &str| Cohort::open(folder.parent().unwrap().join(name)).unwrap();
    let (train, validation) = (open("train"), open("validation"));
    let model = ModelSettings { width: 1.0 / 32.0, code: 4, ..Default::default() };
    let settings = TrainSettings { epochs: EPOCHS, batch: 4, keep: 2, ..Default::default() };
    // The model with noise of its own.
    let trainer =
        Trainer::new(ModelKind::Vae, &model, &settings, &train, &validation, folder, DeviceChoice::Cpu)
            .unwrap();
    trainer
        .run(&mut |_| {
            println!("{TICK}");
            ControlFlow::Continue(())
        })
        .unwrap();
}

/// Starts the training and kills it at `moment`, a number of ticks and a time after that, if it has not ended by then.
/// Whether it ended by itself.
fn train(folder: &Path, moment: Option<(u64, Duration)>) -> bool {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "train_until_killed", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // Held until the end, so that the process can always speak.
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    if let Some((ticks, delay)) = moment {
        let mut seen = 0;
        while seen < ticks {
            let Some(line) = lines.next() else { break };
            seen += u64::from(line.unwrap().ends_with(TICK));
        }
        std::thread::sleep(delay);
        child.kill().unwrap();
    }
    for line in lines {
        line.unwrap();
    }
    let status = child.wait().unwrap();
    assert!(moment.is_some() || status.success(), "training failed: {status}");
    status.success()
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        // Its seconds differ.
        .filter(|path| !path.ends_with("metrics.jsonl"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn killed_training_ends_with_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    write_cohort(&folder.path().join("train"), 0..3);
    write_cohort(&folder.path().join("validation"), 3..4);
    let [whole, killed] = ["whole", "killed"].map(|name| folder.path().join(name));
    assert!(train(&whole, None));

    let mut random = ChaCha8Rng::seed_from_u64(11);
    let mut kills = 0;
    // Up to an epoch and a half of ticks each time; the short delays hit steps and the writing of files alike.
    while kills < 8 {
        let ticks = random.random_range(0..TICKS * 3 / 2);
        if train(&killed, Some((ticks, Duration::from_micros(random.random_range(0..3000))))) {
            break;
        }
        kills += 1;
    }
    assert!(kills >= 4, "killed {kills} times only");
    assert!(train(&killed, None));

    let (whole, killed) = (files(&whole), files(&killed));
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&killed), names(&whole));
    for ((name, found), (_, expected)) in killed.iter().zip(&whole) {
        assert!(found == expected, "{name} differs after {kills} kills");
    }
}
