//! Intensities: normalization, the standard scale of a cohort, bias-field correction.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::{ArgGroup, Args, ValueEnum};
use mri_io::bias::{BiasSettings, correct_bias};
use mri_io::intensity::{self, Normalization, StandardScale};
use mri_io::strip::{StripSettings, skull_strip};
use mri_io::write;

use crate::files::{about, read_masked, read_with_mask, warn};
use crate::loader::Cohort;
use crate::outputs;
use crate::stripping::Stripping;

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("target").args(["scale", "like"])))]
pub(crate) struct Normalize {
    /// Volume to normalize.
    volume: PathBuf,
    /// Where to write the result, as float32: the scale has no whole steps.
    output: PathBuf,
    /// The brain, on the same grid; without it the skull is stripped.
    #[arg(long)]
    mask: Option<PathBuf>,
    #[command(flatten)]
    stripping: Stripping,
    /// What becomes of the intensities.
    #[arg(long, value_enum, default_value_t)]
    method: Method,
    /// For `percentile`: these percentiles (0 to 100) become 0 and 1, values beyond are clipped.
    #[arg(long, num_args = 2, value_names = ["LOW", "HIGH"], default_values_t = [1.0, 99.0], allow_negative_numbers = true)]
    percentiles: Vec<f64>,
    /// For `nyul`: the standard scale of a cohort, as `mri-prep scale` writes it.
    #[arg(long, value_name = "SCALE.json")]
    scale: Option<PathBuf>,
    /// For `nyul`: match the histogram to that of this volume.
    #[arg(long, value_name = "REFERENCE", requires = "like_mask")]
    like: Option<PathBuf>,
    /// The brain of the volume to match.
    #[arg(long, value_name = "MASK", requires = "like")]
    like_mask: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Method {
    /// Minimum 0, maximum 1.
    #[default]
    MinMax,
    /// One percentile 0, another 1.
    Percentile,
    /// Mean 0, standard deviation 1.
    ZScore,
    /// The percentiles 1, 10, 20, ... 90 and 99 as in a cohort (--scale) or another volume (--like).
    Nyul,
}

impl Normalize {
    fn normalization(&self) -> Result<Normalization> {
        let wants_target = matches!(self.method, Method::Nyul);
        if wants_target != (self.scale.is_some() || self.like.is_some()) {
            bail!("--method nyul goes with --scale or --like");
        }
        Ok(match self.method {
            Method::MinMax => Normalization::MinMax,
            Method::Percentile => {
                Normalization::Percentile { low: self.percentiles[0], high: self.percentiles[1] }
            }
            Method::ZScore => Normalization::ZScore,
            Method::Nyul => Normalization::Nyul(match (&self.scale, &self.like, &self.like_mask) {
                (_, Some(volume), Some(mask)) => {
                    let (reference, mask) = read_with_mask(volume, mask)?;
                    StandardScale::of(&reference, &mask).with_context(|| about(volume))?
                }
                (Some(scale), _, _) => StandardScale::read(scale)?,
                _ => bail!("--method nyul goes with --scale or --like"),
            }),
        })
    }
}

pub(crate) fn normalize(arguments: &Normalize) -> Result<()> {
    let Normalize { mask, scale, like, like_mask, .. } = arguments;
    let others = [mask, scale, like, like_mask].into_iter().flatten();
    outputs::apart([&arguments.volume].into_iter().chain(others), [&arguments.output])?;
    outputs::volumes([&arguments.output])?;
    let method = arguments.normalization()?;
    let (mut volume, mask) = read_masked(&arguments.volume, arguments.mask.as_deref())?;
    let mask = if let Some(mask) = mask {
        mask
    } else {
        let settings = arguments.stripping.over(StripSettings::default());
        let found = skull_strip(&volume, &settings).with_context(|| about(&arguments.volume))?;
        eprintln!(
            "no --mask: the brain was found, {:.0} ml, quality {:.2}",
            found.mask.millilitres(),
            found.quality
        );
        warn(&arguments.volume, &found.warnings);
        found.mask
    };
    intensity::normalize(&mut volume, &mask, &method).with_context(|| about(&arguments.volume))?;
    write(&arguments.output, &volume)?;
    Ok(())
}

#[derive(Debug, Args)]
pub(crate) struct Scale {
    #[command(flatten)]
    cohort: Cohort,
    /// Write the scale here.
    #[arg(long, value_name = "OUT.json")]
    output: PathBuf,
}

pub(crate) fn scale(arguments: &Scale) -> Result<()> {
    outputs::apart(arguments.cohort.files(), [&arguments.output])?;
    outputs::files([&arguments.output])?;
    let loader = arguments.cohort.loader()?;
    let mut scales = Vec::new();
    for (number, path) in arguments.cohort.scans.iter().enumerate() {
        let (scan, mask) = loader.load(number)?;
        scales.push(StandardScale::of(&scan, &mask).with_context(|| about(path))?);
    }
    StandardScale::learn(scales)?.write(&arguments.output)?;
    Ok(())
}

#[derive(Debug, Args)]
pub(crate) struct Bias {
    /// Scan to correct.
    scan: PathBuf,
    /// Where to write the corrected scan, as float32: dividing by the field leaves no whole numbers.
    output: PathBuf,
    /// The brain, on the same grid; without it the field is estimated where the scan is brighter than its mean.
    #[arg(long)]
    mask: Option<PathBuf>,
    /// Write the field here: the scan is the corrected scan times the field.
    #[arg(long, value_name = "OUT")]
    field: Option<PathBuf>,
}

pub(crate) fn bias(arguments: &Bias) -> Result<()> {
    let results = || std::iter::once(&arguments.output).chain(&arguments.field);
    outputs::apart(std::iter::once(&arguments.scan).chain(&arguments.mask), results())?;
    outputs::volumes(results())?;
    let (scan, mask) = read_masked(&arguments.scan, arguments.mask.as_deref())?;
    let found = correct_bias(&scan, mask.as_ref(), &BiasSettings::default())
        .with_context(|| about(&arguments.scan))?;
    if let Some(path) = &arguments.field {
        write(path, &found.field)?;
    }
    write(&arguments.output, &found.volume)?;
    Ok(())
}
