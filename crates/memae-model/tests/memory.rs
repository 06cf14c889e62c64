//! Memory while training: it does not depend on the size of the cohort.

#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use std::path::Path;

use memae_model::cohort::Cohort;
use memae_model::{DeviceChoice, ModelKind, ModelSettings, TrainSettings, Trainer};

/// A cohort of empty heads, of which the file has only the header on the disk.
fn sparse(path: &Path, subjects: usize, [ni, nj, nk]: [usize; 3]) -> Cohort {
    let subject = |number: usize| serde_json::json!({ "name": format!("subject-{number}"), "range": [0.0, 1.0], "brain_voxels": vec![1; nk] });
    let header = serde_json::json!({
        "shape": [ni, nj, nk],
        "subjects": (0..subjects).map(subject).collect::<Vec<_>>(),
    });
    let header = serde_json::to_vec(&header).unwrap();
    let offset = 4096 + 2 * (ni * nj * nk * subjects) as u64;
    let mut file = File::create(path).unwrap();
    file.write_all(b"MEMAECH1").unwrap();
    file.write_all(&offset.to_le_bytes()).unwrap();
    file.write_all(&(header.len() as u64).to_le_bytes()).unwrap();
    file.seek(SeekFrom::Start(offset)).unwrap();
    file.write_all(&header).unwrap();
    Cohort::open(path).unwrap()
}

/// Bytes of the process's own, without those of maps.
fn own_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
    1024 * line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
}

#[test]
fn the_size_of_the_cohort_does_not_matter() {
    let folder = tempfile::tempdir().unwrap();
    let shape = [128, 128, 155];
    // After some steps on a cohort of so many subjects.
    let after_training = |subjects: usize| {
        let name = format!("{subjects}");
        let cohort = sparse(&folder.path().join(&name), subjects, shape);
        let model = ModelSettings { width: 1.0 / 16.0, ..Default::default() };
        let settings = TrainSettings { batch: 8, epochs: 1, ..Default::default() };
        let target = folder.path().join(format!("{name}-model"));
        let trainer =
            Trainer::new(ModelKind::Ae, &model, &settings, &cohort, &cohort, target, DeviceChoice::Cpu)
                .unwrap();
        let mut steps = 0;
        trainer
            .run(&mut |_| {
                steps += 1;
                if steps < 20 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            })
            .unwrap();
        own_bytes()
    };
    let few = after_training(2);
    let many = after_training(600); // 3 GB
    assert!(many < few + (64 << 20), "{few} bytes with 2 subjects, {many} with 600");
}
