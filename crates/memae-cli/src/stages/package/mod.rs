//! `memae package`: each trained model into one file that holds all that `memae detect` needs.

mod file;
mod healthy;
mod place;
mod source;

use std::time::SystemTime;

use anyhow::Result;
use cli_support::progress::say;
use memae_model::{Assessment, ModelFile, ModelKind};
use time::OffsetDateTime;

use crate::data::roles::Use;
use crate::run::context::Run;
use crate::run::stage::{Kind, Stage};
use crate::stages::preprocess;
use crate::stages::train;
use healthy::Healthy;
use place::PlaceRanges;

pub(crate) use file::{About, Package, Provenance};
pub(crate) use source::{Source, help};

/// Packs the given models, or finds that it is done.
pub(crate) fn run(run: &Run, models: &[ModelKind]) -> Result<()> {
    let Run { config, layout, .. } = run;
    for &model in models {
        let trained = train::finished(run, model)?;
        let evaluate = &config.evaluate;
        let settings = (evaluate.scoring(), evaluate.protocols.matched_fpr, &config.package);
        let key = Stage::new(Kind::Package, layout.packages(), &(file::FORMAT, trained.key(), settings))?;
        let path = layout.package(model);
        // A package knows itself what it was made from: it needs no note beside it.
        if path.exists()
            && About::read(&Source::from(path.as_path())).is_ok_and(|about| about.key == key.key())
        {
            say(format!("package {model}: up to date"));
            continue;
        }
        let file = ModelFile::Best.path(layout.model(model));
        let mut weights = fs_err::read(&file)?;
        if config.package.half_precision {
            weights = memae_model::half_precision(&file, &weights)?;
        }
        let healthy = Healthy::new(run, model, &file, &weights)?;
        let place = healthy.place()?;
        let about = About {
            format: file::FORMAT,
            key: key.key().to_owned(),
            preprocess: config.preprocess.clone(),
            scoring: evaluate.scoring(),
            smallest_ml: config.package.smallest_ml,
            calibration: healthy.calibration(place.as_ref())?,
            place: place.as_ref().map(PlaceRanges::of),
            doubts: Assessment::read(layout.model(model))?
                .map_or_else(Vec::new, |found| found.doubts().iter().map(ToString::to_string).collect()),
            provenance: Provenance {
                program: format!("memae {}", env!("CARGO_PKG_VERSION")),
                libtorch: memae_model::LIBTORCH.map(str::to_owned),
                run: config.run.name.clone(),
                trained: date(fs_err::metadata(&file)?.modified()?),
                training_key: trained.key().to_owned(),
                training_subjects: preprocess::finished(run)?.prepared(Use::Train).len(),
                synthetic: config.data.is_synthetic(),
            },
        };
        about.write(layout, place.as_ref(), &weights, &path)?;
        say(format!("package {model}: {}", path.display()));
    }
    Ok(())
}

/// The day, in UTC.
fn date(time: SystemTime) -> String {
    OffsetDateTime::from(time).date().to_string()
}
