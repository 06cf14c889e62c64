//! `mri-prep resample`: another grid, pose, spacing, axis order or type.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, Args, ValueEnum};
use mri_io::nifti::{Datatype, StoredVolume, read_header};
use mri_io::resample::Interpolation;
use mri_io::transform_file::Ends;
use mri_io::{AffineTransform, Grid, RigidTransform, Volume};

use crate::commands::transform::chain;
use crate::files::{about, not_finite, read_stored, read_told, tell, warn};
use crate::outputs;

/// Share of a label's volume by which it may change without a word.
const VOLUME_CHANGE: f64 = 0.2;
/// Labels that are told one by one.
const MOST_TOLD: usize = 5;

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("target").required(true).args(["like", "spacing", "canonical"])))]
pub(crate) struct Resample {
    /// Volume to resample.
    volume: PathBuf,
    /// Where to write the result.
    output: PathBuf,
    /// Of a series take this volume, counted from 0.
    #[arg(long = "volume", id = "number", value_name = "N")]
    number: Option<usize>,
    /// To the grid of this volume.
    #[arg(long, value_name = "REFERENCE")]
    like: Option<PathBuf>,
    /// To this voxel spacing in mm along the volume's own axes.
    #[arg(long, num_args = 3, value_names = ["I", "J", "K"], allow_negative_numbers = true)]
    spacing: Option<Vec<f64>>,
    /// To axes that run right, front, top, by swapping and reversing; no value changes.
    #[arg(long)]
    canonical: bool,
    /// World of the reference to world of the volume, as `mri-prep register REFERENCE VOLUME --matrix` writes: a plain 4x4
    /// matrix, or a file of ITK, ANTs, FSL (FLIRT's VOLUME to REFERENCE) or FreeSurfer. Given several times, a point of the
    /// reference goes through the first one first.
    #[arg(long, requires = "like", value_name = "FILE")]
    matrix: Vec<PathBuf>,
    /// Take the transform the other way round.
    #[arg(long, requires = "matrix")]
    inverse: bool,
    /// Between voxel centres.
    #[arg(long, default_value = "linear", value_parser = interpolation(), conflicts_with = "labels")]
    interpolation: Interpolation,
    /// The voxels are labels (whole numbers). Without a rule, the nearest is taken.
    #[arg(long, value_name = "RULE", num_args = 0..=1, require_equals = true, default_missing_value = "nearest")]
    labels: Option<Labels>,
    /// Value of voxels beyond the volume, whose border lies half a voxel beyond the centres of its outermost voxels. Up to there
    /// the values of those go on.
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true, conflicts_with = "canonical")]
    fill: f64,
    /// What becomes of voxels that are not finite (NaN, infinite).
    #[arg(long, value_enum, default_value_t, conflicts_with_all = ["labels", "canonical"])]
    nan: NotFinite,
    /// Type of the stored voxels; values are rounded to integers, and refused where the type does not hold them.
    /// [default: the volume's where nothing is interpolated, else float32]
    #[arg(long, value_name = "TYPE", value_parser = datatype())]
    dtype: Option<Datatype>,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Labels {
    /// Each voxel gets the label of the nearest one.
    Nearest,
    /// Each connected group of labels gets as many voxels as its volume makes, at least one, and those of which it fills most:
    /// on a coarser grid small lesions stay, and volumes are kept, also those of the labels within a group.
    Share,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, ValueEnum)]
enum NotFinite {
    /// They have no weight among their neighbours; the result is NaN where the nearest voxel is one of them and they would
    /// have more than half of the weight.
    #[default]
    Keep,
    /// They count as 0.
    Zero,
    /// They are an error.
    Refuse,
}

/// Intent and description of the input are kept: resampled labels are still labels.
pub(crate) fn resample(arguments: &Resample) -> Result<()> {
    let (input, output) = (&arguments.volume, &arguments.output);
    outputs::apart([input].into_iter().chain(&arguments.like).chain(&arguments.matrix), [output])?;
    outputs::volumes([output])?;
    let transform = transform(arguments)?;
    let is_nearest = arguments.interpolation == Interpolation::Nearest && arguments.nan == NotFinite::Keep;
    let resampled = if arguments.labels.is_some() || arguments.canonical || is_nearest {
        let stored = read_stored(input, arguments.number)?;
        if is_nearest {
            tell_not_finite(&stored, input)?;
        }
        moved(arguments, stored, &transform).with_context(|| about(input))?
    } else {
        interpolated(arguments, &transform)?
    };
    let resampled = match arguments.dtype {
        Some(datatype) => resampled.with_datatype(datatype).with_context(|| about(input))?,
        None => resampled,
    };
    Ok(resampled.write(output)?)
}

/// World of the grid to world of the volume.
fn transform(arguments: &Resample) -> Result<AffineTransform> {
    let (Some(reference), [_, ..]) = (&arguments.like, &arguments.matrix[..]) else {
        return Ok(RigidTransform::identity().into());
    };
    let (fixed, moving) = (read_header(reference)?.grid(), read_header(&arguments.volume)?.grid());
    // The other way round it is the volume that stays where it is.
    let ends = if arguments.inverse { Ends { fixed: moving, moving: fixed } } else { Ends { fixed, moving } };
    let all = chain(&arguments.matrix, Some(&ends))?;
    Ok(if arguments.inverse { all.inverse() } else { all })
}

/// Voxels in other places, their values untouched.
fn moved(arguments: &Resample, volume: StoredVolume, transform: &AffineTransform) -> Result<StoredVolume> {
    if arguments.labels.is_none() {
        return Ok(match target(arguments, &volume.grid())? {
            Some(grid) => volume.nearest(&grid, transform, arguments.fill)?,
            None => volume.to_canonical(),
        });
    }
    let volume = volume.labels()?;
    let before = volume.label_millilitres()?;
    let moved = moved_labels(arguments, volume, transform)?;
    tell_volumes(&before, &moved.label_millilitres()?, &arguments.volume);
    Ok(moved)
}

fn moved_labels(
    arguments: &Resample,
    volume: StoredVolume,
    transform: &AffineTransform,
) -> Result<StoredVolume> {
    match target(arguments, &volume.grid())? {
        Some(grid) if arguments.labels == Some(Labels::Share) => {
            ensure!(
                arguments.fill == 0.0,
                "--fill goes with --labels=nearest: by shares, what lies beyond the volume is 0"
            );
            Ok(volume.labels_by_share(&grid, *transform)?)
        }
        Some(grid) => Ok(volume.nearest(&grid, transform, arguments.fill)?),
        None => Ok(volume.to_canonical()),
    }
}

/// Warns of labels whose volume (ml) is another one than before.
fn tell_volumes(before: &BTreeMap<i64, f64>, after: &BTreeMap<i64, f64>, path: &Path) {
    let is_other = |before: f64, after: f64| (after - before).abs() > VOLUME_CHANGE * before;
    let others =
        before.iter().map(|(label, &before)| (label, before, after.get(label).copied().unwrap_or(0.0)));
    let others: Vec<String> = others
        .filter(|&(_, before, after)| is_other(before, after))
        .map(|(label, before, after)| format!("label {label} from {before:.2} to {after:.2} ml"))
        .collect();
    let (told, rest) = others.split_at(others.len().min(MOST_TOLD));
    if !told.is_empty() {
        let rest = if rest.is_empty() { String::new() } else { format!(", and {} more", rest.len()) };
        warn(path, &[format!("volumes change: {}{rest}", told.join(", "))]);
    }
}

fn tell_not_finite(volume: &StoredVolume, path: &Path) -> Result<()> {
    if volume.datatype().is_float()
        && let Some(what) = not_finite(&volume.values()?)
    {
        warn(path, &[format!("{what}, and stay so where they are nearest")]);
    }
    Ok(())
}

fn interpolated(arguments: &Resample, transform: &AffineTransform) -> Result<StoredVolume> {
    let (header, volume) = read_told(&arguments.volume, arguments.number)?;
    let named = || about(&arguments.volume);
    let volume = settle(volume, arguments.nan, &arguments.volume).with_context(named)?;
    let grid = target(arguments, &volume.grid())?.context("the voxels are to be interpolated on no grid")?;
    let fill = arguments.fill as f32;
    let values = mri_io::resample::resample(&volume, &grid, transform, arguments.interpolation, fill)
        .with_context(named)?;
    Ok(StoredVolume::from_values(values, &header))
}

/// What is to become of voxels that are not finite.
fn settle(volume: Volume, nan: NotFinite, path: &Path) -> Result<Volume> {
    let Some(what) = not_finite(&volume) else { return Ok(volume) };
    match nan {
        NotFinite::Refuse => bail!("{what}: mend the volume, or choose --nan zero or keep"),
        NotFinite::Zero => {
            warn(path, &[format!("{what} and count as 0")]);
            Ok(volume.map(|&value| if value.is_finite() { value } else { 0.0 }))
        }
        NotFinite::Keep => {
            warn(path, &[format!("{what} and have no weight; the result is NaN where they are the most")]);
            Ok(volume)
        }
    }
}

/// The grid to resample to; none for another order of the axes.
fn target(arguments: &Resample, own: &Grid) -> Result<Option<Grid>> {
    if let Some(reference) = &arguments.like {
        let header = read_header(reference)?;
        tell(reference, &header);
        return Ok(Some(header.grid()));
    }
    match arguments.spacing.as_deref() {
        Some(&[i, j, k]) => Ok(Some(own.with_spacing([i, j, k])?)),
        _ => Ok(None),
    }
}

fn interpolation() -> impl TypedValueParser<Value = Interpolation> {
    PossibleValuesParser::new(["nearest", "linear", "cubic", "lanczos"]).map(|name| match name.as_str() {
        "nearest" => Interpolation::Nearest,
        "cubic" => Interpolation::Cubic,
        "lanczos" => Interpolation::Lanczos,
        _ => Interpolation::Linear,
    })
}

fn datatype() -> impl TypedValueParser<Value = Datatype> {
    PossibleValuesParser::new(Datatype::ALL.map(Datatype::name)).map(|name| {
        let named = Datatype::ALL.into_iter().find(|datatype| datatype.name() == name);
        named.expect("only names of types are possible")
    })
}
