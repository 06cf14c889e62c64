//! Checkpoints and packages.

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use memae_model::cohort::{Cohort, CohortWriter};
use memae_model::{
    Attached, DeviceChoice, ModelFile, ModelKind, ModelSettings, TrainSettings, TrainedModel, Trainer,
};
use mri_io::{Grid, Volume};

use super::driver::{Outcome, fuzz};
use crate::run::layout::{REFERENCE, REFERENCE_MASK};
use crate::stages::package::{About, Package, Source};

const SHAPE: [usize; 3] = [16, 16, 4];
const WORDS: [&str; 16] = [
    "\"shape\":",
    "\"data_offsets\":",
    "\"dtype\":\"F32\"",
    "\"F16\"",
    "\"U8\"",
    "__metadata__",
    "memae",
    "attached.",
    "../",
    "\\\"",
    "{",
    "}",
    "[",
    "]",
    ",",
    "dae",
];

/// The weights of the smallest network there is.
fn weights(folder: &Path, kind: ModelKind) -> Vec<u8> {
    let voxels: usize = SHAPE.iter().product();
    let volume: Vec<f32> = (0..voxels).map(|voxel| (voxel * 7919 % 101) as f32 / 101.0).collect();
    let path = folder.join("any.cohort");
    let mut writer = CohortWriter::create(&path, SHAPE).unwrap();
    writer.push("somebody", &volume, &vec![true; voxels]).unwrap();
    writer.finish().unwrap();
    let cohort = Cohort::open(path).unwrap();
    let model = ModelSettings { width: 0.001, code: 2, code_channels: 1, ..Default::default() };
    let train = TrainSettings { epochs: 1, batch: 4, ..Default::default() };
    let results = folder.join(kind.id());
    let trainer = Trainer::new(kind, &model, &train, &cohort, &cohort, &results, DeviceChoice::Cpu).unwrap();
    trainer.run(&mut |_| ControlFlow::Continue(())).unwrap();
    fs::read(ModelFile::Best.path(&results)).unwrap()
}

fn package(folder: &Path) -> Vec<u8> {
    let reference = Volume::filled(&Grid::centred(SHAPE, [8.0; 3]).unwrap(), 1.0_f32).unwrap();
    let file = || mri_io::nifti::write_bytes(&reference).unwrap();
    let mut note = serde_json::to_value(About::read(&Source::standard().unwrap()[0]).unwrap()).unwrap();
    note.as_object_mut().unwrap().remove("place");
    let files = BTreeMap::from([(REFERENCE.to_owned(), file()), (REFERENCE_MASK.to_owned(), file())]);
    let path = folder.join("package.safetensors");
    Attached { note, files }.write(&weights(folder, ModelKind::MemAe), &path).unwrap();
    fs::read(path).unwrap()
}

/// A file without the length before its header: so that changes of the header are not refused by that alone.
fn without_length(file: &[u8]) -> Vec<u8> {
    file[8..].to_vec()
}

/// The file that a mutant of [`without_length`] stands for; others are files themselves.
fn with_length(bytes: &[u8], data: usize) -> Vec<u8> {
    if !bytes.starts_with(b"{") {
        return bytes.to_vec();
    }
    let header = bytes.len().saturating_sub(data) as u64;
    [&header.to_le_bytes(), bytes].concat()
}

/// Bytes behind the header.
fn data_of(file: &[u8]) -> usize {
    let header = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    file.len() - 8 - header
}

#[test]
fn checkpoints() {
    let folder = tempfile::tempdir().unwrap();
    let file = weights(folder.path(), ModelKind::Vae);
    let data = data_of(&file);
    fuzz("checkpoints", &[without_length(&file), without_length(&file), file], &WORDS, |bytes| {
        let bytes = with_length(bytes, data);
        Outcome::of(
            TrainedModel::from_bytes(Path::new("any.safetensors"), bytes, DeviceChoice::Cpu),
            "any.safetensors",
        )
    });
}

#[test]
fn packages() {
    let folder = tempfile::tempdir().unwrap();
    let file = package(folder.path());
    let data = data_of(&file);
    let source = Source::parse("any.safetensors").unwrap();
    fuzz("packages", &[without_length(&file), without_length(&file), file], &WORDS, |bytes| {
        let bytes = with_length(bytes, data);
        Outcome::of(Package::from_bytes(&source, bytes.into(), DeviceChoice::Cpu), "any.safetensors")
    });
}
