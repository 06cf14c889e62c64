//! How preprocessing went over all subjects: `subjects.csv`, and a line for people.

use std::path::{Path, PathBuf};

use anyhow::Result;
use cli_support::files;
use cli_support::progress::say;
use serde::Serialize;

use super::subject::Record;
use crate::data::lesions::Amount;
use crate::data::roles::Use;

/// A row of `subjects.csv`.
#[derive(Serialize)]
struct Row<'a> {
    subject: &'a str,
    used_for: Use,
    brain_ml: String,
    rotation_degrees: String,
    mask_dice: Option<String>,
    pose_error_mm: Option<String>,
    lesions_before: Option<usize>,
    lesions_before_ml: Option<String>,
    lesions: Option<usize>,
    lesions_ml: Option<String>,
    seconds: String,
    warnings: String,
}

impl<'a> Row<'a> {
    fn new(record: &'a Record) -> Self {
        let written = |value: f64| format!("{value:.4}");
        let (before, after) = record.lesions.map(|lesions| (lesions.before, lesions.after)).unzip();
        Self {
            subject: &record.subject,
            used_for: record.used_for,
            brain_ml: format!("{:.1}", record.brain_ml),
            rotation_degrees: format!("{:.2}", record.rotation_degrees),
            mask_dice: record.mask_dice.map(written),
            pose_error_mm: record.pose_error_mm.map(written),
            lesions_before: before.map(|lesions| lesions.count),
            lesions_before_ml: before.map(|lesions| written(lesions.ml)),
            lesions: after.map(|lesions| lesions.count),
            lesions_ml: after.map(|lesions| written(lesions.ml)),
            seconds: format!("{:.2}", record.seconds),
            warnings: record.warnings.join("; "),
        }
    }
}

/// Writes one row for each subject and says the gist.
pub(super) fn write(folder: &Path, records: &[Record]) -> Result<PathBuf> {
    let path = folder.join("subjects.csv");
    files::write_csv(&path, records.iter().map(Row::new))?;
    say(format!("preprocess: {}", gist(records)));
    Ok(path)
}

/// Number of subjects and warnings, and the scores where there is a truth.
fn gist(records: &[Record]) -> String {
    let warned = records.iter().filter(|record| !record.warnings.is_empty()).count();
    let mut gist = format!("{} subjects, {warned} with warnings", records.len());
    let dice: Vec<f64> = records.iter().filter_map(|record| record.mask_dice).collect();
    if let Some(worst) = dice.iter().copied().reduce(f64::min) {
        gist += &format!("; brain mask against the truth: Dice {:.3} (worst {worst:.3})", mean(&dice));
    }
    let errors: Vec<f64> = records.iter().filter_map(|record| record.pose_error_mm).collect();
    if let Some(worst) = errors.iter().copied().reduce(f64::max) {
        gist += &format!("; pose error {:.2} mm (worst {worst:.2})", mean(&errors));
    }
    let lesions: Vec<_> = records.iter().filter_map(|record| record.lesions).collect();
    if !lesions.is_empty() {
        let [before, after] = [
            sum(lesions.iter().map(|lesions| lesions.before)),
            sum(lesions.iter().map(|lesions| lesions.after)),
        ];
        gist += &format!("; {before} in the files, {after} on the reference grid");
    }
    gist
}

fn sum(lesions: impl Iterator<Item = Amount>) -> Amount {
    lesions.fold(Amount { count: 0, ml: 0.0 }, |sum, next| Amount {
        count: sum.count + next.count,
        ml: sum.ml + next.ml,
    })
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
