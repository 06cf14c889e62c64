//! Trains the proposed model on arrays, reconstructs one of them, and says what remains of a bright spot in it:
//! `cargo run --release -p memae-model --example train_on_arrays`
//!
//! The volumes here are made up: balls with a bright core. Yours are preprocessed scans in [0, 1], C order, all on one grid.

use std::error::Error;
use std::ops::ControlFlow;
use std::path::Path;

use memae_model::cohort::{Cohort, CohortWriter};
use memae_model::{DeviceChoice, ModelKind, ModelSettings, Progress, TrainSettings, TrainedModel, Trainer};

pub(crate) const SHAPE: [usize; 3] = [32, 32, 8];

/// A ball with a bright core; `size` from 0.8 to 1 tells one from the other.
pub(crate) fn volume(size: f32) -> (Vec<f32>, Vec<bool>) {
    let radius = |voxel: usize| {
        let place = [voxel / 256, voxel / 8 % 32, voxel % 8].map(|at| at as f32);
        ((place[0] - 15.5).powi(2) + (place[1] - 15.5).powi(2) + 4.0 * (place[2] - 3.5).powi(2)).sqrt() / size
    };
    let voxels = SHAPE.iter().product();
    let value = |voxel: usize| match radius(voxel) {
        r if r < 5.0 => 0.8,
        r if r < 14.0 => 0.4,
        _ => 0.0,
    };
    ((0..voxels).map(value).collect(), (0..voxels).map(|voxel| radius(voxel) < 14.0).collect())
}

/// Trains on twenty volumes and validates on four; everything lies in `folder`.
pub(crate) fn train(folder: &Path, epochs: usize) -> memae_model::Result<TrainedModel> {
    let cohort = |name: &str, sizes: std::ops::Range<usize>| {
        let path = folder.join(name);
        let mut writer = CohortWriter::create(&path, SHAPE)?;
        for number in sizes {
            let (volume, mask) = volume(0.8 + 0.2 * number as f32 / 24.0);
            writer.push(&format!("subject-{number}"), &volume, &mask)?;
        }
        writer.finish()?;
        Cohort::open(path)
    };
    let (training, validation) = (cohort("train.cohort", 0..20)?, cohort("validation.cohort", 20..24)?);
    let model = ModelSettings { width: 0.125, ..Default::default() };
    let settings = TrainSettings { epochs, batch: 8, learning_rate: 0.003, ..Default::default() };
    let folder = folder.join("model");
    let trainer = Trainer::new(
        ModelKind::SsimMemAe,
        &model,
        &settings,
        &training,
        &validation,
        &folder,
        DeviceChoice::Cpu,
    )?;
    trainer.run(&mut |progress| {
        if let Progress::Epoch(record) = progress {
            println!("epoch {}: validation {:.4}", record.epoch, record.validation_reconstruction);
        }
        ControlFlow::Continue(())
    })?;
    TrainedModel::load(&folder, DeviceChoice::Cpu)
}

#[allow(dead_code)] // The test of the examples calls the functions above.
fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let model = train(folder.path(), 30)?;
    let (mut ill, mask) = volume(0.9);
    let spot = (22 * 32 + 15) * 8 + 3;
    ill[spot] = 1.0;
    let expected = model.reconstruct(&ill, SHAPE)?;
    let residual = |voxel: usize| (ill[voxel] - expected[voxel]).abs();
    let healthy = (0..ill.len()).filter(|&voxel| mask[voxel] && voxel != spot);
    let worst = healthy.map(residual).fold(0.0, f32::max);
    println!("residual at the bright spot {:.2}, elsewhere at most {worst:.2}", residual(spot));
    Ok(())
}
