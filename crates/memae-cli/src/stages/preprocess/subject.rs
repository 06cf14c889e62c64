//! One subject: read, preprocess, write; and score against the truth where there is one.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use cli_support::files;
use mri_io::preprocess::Reference;
use mri_io::{Mask, Volume};
use serde::{Deserialize, Serialize};

use super::lesions;
use crate::config::{Builtin, Config};
use crate::data::cohorts::Member;
use crate::data::lesions::Amount;
use crate::data::manifest::Subject;
use crate::data::roles::Use;
use crate::run::cohort::Prepared;

/// Every n-th brain voxel of the reference is a point at which poses are compared.
const POSE_STRIDE: usize = 97;

/// A file that went in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct InputFile {
    pub(super) path: PathBuf,
    pub(super) sha256: String,
    #[serde(flatten)]
    stamp: files::Stamp,
}

/// How a subject's preprocessing went.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) subject: String,
    pub(super) used_for: Use,
    pub(super) inputs: Vec<InputFile>,
    /// Volume of the brain mask in the scan (ml).
    pub(super) brain_ml: f64,
    /// Angle of the rotation to the reference (degrees).
    pub(super) rotation_degrees: f64,
    /// Dice of our mask and the true one, in the scan.
    pub(super) mask_dice: Option<f64>,
    /// Mean distance (mm), over the brain, between where our and the true transform put a point.
    pub(super) pose_error_mm: Option<f64>,
    /// Lesions in their file and on the reference grid.
    pub(super) lesions: Option<lesions::Change>,
    /// Which rule brought them there: [`lesions::RULE`].
    #[serde(default)]
    lesion_rule: u32,
    pub(super) warnings: Vec<String>,
    /// As [`Prepared::sizes`] says.
    #[serde(default)]
    output_bytes: Vec<u64>,
    pub(super) seconds: f64,
}

/// Preprocesses a subject, or returns the record of an earlier run on the same files.
pub(super) fn preprocess(
    member: &Member,
    prepared: &Prepared,
    reference: &Reference,
    config: &Config,
) -> Result<Record> {
    let stamps = member.subject.files().map(files::stamp).collect::<Result<Vec<_>>>()?;
    if let Some(record) = earlier(prepared) {
        if record.inputs.iter().map(|input| &input.stamp).eq(&stamps) {
            return Ok(Record { used_for: member.used_for, ..record });
        }
        // Copied files have other times and the same contents.
        let inputs = member.subject.files().map(input).collect::<Result<Vec<_>>>()?;
        if inputs.iter().map(|input| &input.sha256).eq(record.inputs.iter().map(|input| &input.sha256)) {
            let record = Record { used_for: member.used_for, inputs, ..record };
            files::write_json(&prepared.record, &record)?;
            return Ok(record);
        }
    }
    make(member, prepared, reference, config)
        .with_context(|| format!("subject {} ({})", member.subject.name, member.subject.scan.display()))
}

/// Whether an earlier run did this subject, as far as can be told without reading its scan.
pub(super) fn is_done(member: &Member, prepared: &Prepared) -> bool {
    let stamps = member.subject.files().map(files::stamp).collect::<Result<Vec<_>>>();
    let record = earlier(prepared);
    stamps.is_ok_and(|stamps| {
        record.is_some_and(|record| record.inputs.iter().map(|input| &input.stamp).eq(&stamps))
    })
}

/// The record of an earlier run; it is written after all other files.
fn earlier(prepared: &Prepared) -> Option<Record> {
    let record: Record = files::read_json(&prepared.record).ok()?;
    // A file that was cut off since is made anew.
    let whole = prepared.sizes().is_ok_and(|sizes| sizes == record.output_bytes);
    let same = record.lesion_rule == lesions::RULE || prepared.lesions.is_none();
    (whole && same).then_some(record)
}

fn make(member: &Member, prepared: &Prepared, reference: &Reference, config: &Config) -> Result<Record> {
    let start = Instant::now();
    let subject = &member.subject;
    let scan = mri_io::read(&subject.scan)?;
    let mask = known_brain(subject, member.stripped, &scan)?;
    let mut done = mri_io::preprocess::preprocess(&scan, mask.as_ref(), reference, &config.preprocess)?;
    let lesions = subject
        .segmentation
        .as_ref()
        .map(|path| lesions(path, subject, &scan, &done, reference))
        .transpose()?;
    if member.used_for == Use::Test && lesions.is_none() {
        done.warnings.push("it has no lesion labels: all of its voxels count as healthy".to_owned());
    }
    if let Some(Lesions { outside, change, .. }) = &lesions {
        done.warnings.extend(change.warning());
        if outside.count > 0 {
            done.warnings.push(format!(
                "{outside} out of {} outside the brain: nothing is found there",
                change.before
            ));
        }
    }

    fs_err::create_dir_all(prepared.scan.parent().context("a file lies in a folder")?)?;
    mri_io::write(&prepared.scan, &done.volume)?;
    mri_io::write(&prepared.mask, &done.mask)?;
    if let Some(path) = &prepared.lesions {
        match &lesions {
            Some(lesions) => mri_io::write(path, &lesions.labels)?,
            None => mri_io::write(path, &done.mask.map(|_| 0_u16))?,
        }
    }
    mri_io::transform_file::write_matrix(&prepared.transform, done.transform)?;
    let record = Record {
        subject: subject.name.clone(),
        used_for: member.used_for,
        inputs: subject.files().map(input).collect::<Result<_>>()?,
        brain_ml: done.native_mask.millilitres(),
        rotation_degrees: done.transform.angle_degrees(),
        mask_dice: subject.true_mask.as_ref().map(|path| mask_dice(path, &done)).transpose()?,
        pose_error_mm: match &subject.true_pose {
            // The truth is relative to the synthetic atlas.
            Some(path) if config.builtin_reference() == Some(Builtin::Synthetic) => {
                Some(pose_error(path, &done, reference)?)
            }
            _ => None,
        },
        lesions: lesions.map(|lesions| lesions.change),
        lesion_rule: lesions::RULE,
        warnings: done.warnings,
        output_bytes: prepared.sizes()?,
        seconds: start.elapsed().as_secs_f64(),
    };
    for warning in &record.warnings {
        tracing::warn!("{}: {warning}", subject.name);
    }
    files::write_json(&prepared.record, &record)?;
    Ok(record)
}

/// The brain of a scan, where it is known without stripping: the mask of the data's owners, or all of a stripped scan.
///
/// # Errors
/// If the mask cannot be read, or a scan that is said to be stripped does not look so.
pub(crate) fn known_brain(subject: &Subject, stripped: bool, scan: &Volume<f32>) -> Result<Option<Mask>> {
    Ok(match &subject.mask {
        Some(path) => Some(mri_io::nifti::read_mask(path)?),
        None if stripped => Some(mri_io::strip::foreground(scan).context(
            "the manifest says that the scan is stripped, but it has no background of one value around a brain",
        )?),
        None => None,
    })
}

/// A subject's lesions.
struct Lesions {
    /// On the reference grid.
    labels: Volume<u16>,
    change: lesions::Change,
    /// Those outside the scan's brain.
    outside: Amount,
}

fn lesions(
    path: &Path,
    subject: &Subject,
    scan: &Volume<f32>,
    done: &mri_io::preprocess::Preprocessed,
    reference: &Reference,
) -> Result<Lesions> {
    let native = crate::data::lesions::read(path, subject.lesion_labels.as_deref())?;
    everywhere(&native)
        .check_on(&scan.grid())
        .with_context(|| format!("{}: the segmentation of its scan", path.display()))?;
    let outside = Amount::outside(&native, &done.native_mask);
    let (labels, change) = lesions::bring(&native, &reference.volume().grid(), &done.transform)?;
    Ok(Lesions { labels, change, outside })
}

/// A mask of all voxels, which belongs to a scan if its place does.
fn everywhere(labels: &Volume<u16>) -> Mask {
    labels.map(|_| true)
}

fn mask_dice(path: &Path, done: &mri_io::preprocess::Preprocessed) -> Result<f64> {
    Ok(done.native_mask.dice(&mri_io::nifti::read_mask(path)?)?)
}

fn pose_error(path: &Path, done: &mri_io::preprocess::Preprocessed, reference: &Reference) -> Result<f64> {
    let truth = mri_io::transform_file::read_transform(path, None)?.to_rigid()?;
    Ok(done.transform.mean_distance(&truth, reference.mask().points().step_by(POSE_STRIDE)))
}

fn input(path: &Path) -> Result<InputFile> {
    Ok(InputFile { path: path.to_owned(), sha256: files::sha256(path)?, stamp: files::stamp(path)? })
}
