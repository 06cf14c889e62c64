//! `memae package`: each trained model into one file that holds all that `memae detect` needs.

mod calibration;
mod file;
mod settings;
mod source;

use std::path::Path;
use std::time::SystemTime;

use anomaly_eval::anomaly_map;
use anyhow::{Result, ensure};
use memae_model::{ModelKind, TrainedModel};
use time::OffsetDateTime;

use crate::cohorts::Use;
use crate::config::Config;
use crate::layout::Layout;
use crate::preprocess::{self, Cohort};
use crate::progress::{Task, say};
use crate::stage::Stage;
use crate::{interrupt, reconstruct, train};

pub(crate) use calibration::Calibration;
pub(crate) use file::{About, Package, Provenance};
pub(crate) use settings::PackageSettings;
pub(crate) use source::{Source, help};

/// Packs the given models, or finds that it is done.
pub(crate) fn run(config: &Config, models: &[ModelKind]) -> Result<()> {
    let cohort = preprocess::finished(config)?;
    let layout = Layout::new(config);
    for &model in models {
        let trained = train::stage(config, &cohort, model)?;
        train::ensure_done(config, &cohort, model)?;
        let evaluate = &config.evaluate;
        let settings =
            (evaluate.residual, evaluate.post_processing, evaluate.protocols.matched_fpr, &config.package);
        let key = Stage::new("package", layout.packages(), &(file::FORMAT, trained.key(), settings))?;
        let path = layout.package(model);
        // A package knows itself what it was made from: it needs no note beside it.
        if path.exists()
            && About::read(&Source::from(path.as_path())).is_ok_and(|about| about.key == key.key())
        {
            say(format!("package {model}: up to date"));
            continue;
        }
        let file = layout.model(model).join("best.safetensors");
        let mut weights = fs_err::read(&file)?;
        if config.package.half_precision {
            weights = memae_model::half_precision(&file, &weights)?;
        }
        let about = About {
            format: file::FORMAT,
            key: key.key().to_owned(),
            preprocess: config.preprocess.clone(),
            residual: evaluate.residual,
            post_processing: evaluate.post_processing,
            smallest_ml: config.package.smallest_ml,
            calibration: calibrate(config, &cohort, model, &file, &weights)?,
            doubts: Vec::new(),
            provenance: Provenance {
                program: format!("memae {}", env!("CARGO_PKG_VERSION")),
                libtorch: memae_model::LIBTORCH.map(str::to_owned),
                run: config.run.name.clone(),
                trained: date(fs_err::metadata(&file)?.modified()?),
                training_key: trained.key().to_owned(),
                training_subjects: cohort.prepared(Use::Train).len(),
                synthetic: config.data.is_synthetic(),
            },
        };
        about.write(&layout, &weights, &path)?;
        say(format!("package {model}: {}", path.display()));
    }
    Ok(())
}

/// Measures the model on the healthy validation subjects, with the weights that the package will have.
fn calibrate(
    config: &Config,
    cohort: &Cohort,
    kind: ModelKind,
    file: &Path,
    weights: &[u8],
) -> Result<Calibration> {
    let model = TrainedModel::from_bytes(file, weights.to_vec(), config.run.device)?;
    // What was kept was made with the weights of before the rounding.
    let maps = if config.package.half_precision { None } else { reconstruct::kept(config, cohort, kind)? };
    let subjects = cohort.prepared(Use::Validation);
    let task = Task::new(format!("package {kind}"), subjects.len());
    let mut residuals = Vec::new();
    for subject in &subjects {
        interrupt::check()?;
        let (scan, brain) = subject.read()?;
        let expected = reconstruct::reconstruction(&model, maps.as_deref(), subject, &scan)?;
        let map = anomaly_map(scan.data(), expected.view(), config.evaluate.residual)?;
        let map = config.evaluate.post_processing.scores(map, brain.data())?;
        residuals.push(calibration::within(map.view(), brain.data()));
        task.step(&subject.name);
    }
    ensure!(!residuals.is_empty(), "there are no healthy validation subjects to calibrate by");
    Calibration::measure(&residuals, config.evaluate.protocols.matched_fpr)
}

/// The day, in UTC.
fn date(time: SystemTime) -> String {
    OffsetDateTime::from(time).date().to_string()
}
