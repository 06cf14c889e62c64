//! How preprocessing went over all subjects: `subjects.csv`, and a line for people.

use std::path::{Path, PathBuf};

use anyhow::Result;
use cli_support::files;
use cli_support::progress::say;

use super::subject::Record;
use crate::data::lesions::Amount;

/// Writes one row for each subject and says the gist.
pub(super) fn write(folder: &Path, records: &[Record]) -> Result<Vec<PathBuf>> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record([
        "subject",
        "used_for",
        "brain_ml",
        "rotation_degrees",
        "mask_dice",
        "pose_error_mm",
        "lesions_before",
        "lesions_before_ml",
        "lesions",
        "lesions_ml",
        "seconds",
        "warnings",
    ])?;
    for record in records {
        let optional = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.4}"));
        let [before, after] =
            [record.lesions.map(|lesions| lesions.before), record.lesions.map(|lesions| lesions.after)];
        let count =
            |lesions: Option<Amount>| lesions.map_or_else(String::new, |lesions| lesions.count.to_string());
        let ml = |lesions: Option<Amount>| optional(lesions.map(|lesions| lesions.ml));
        table.write_record([
            record.subject.clone(),
            record.used_for.id().to_owned(),
            format!("{:.1}", record.brain_ml),
            format!("{:.2}", record.rotation_degrees),
            optional(record.mask_dice),
            optional(record.pose_error_mm),
            count(before),
            ml(before),
            count(after),
            ml(after),
            format!("{:.2}", record.seconds),
            record.warnings.join("; "),
        ])?;
    }
    let path = folder.join("subjects.csv");
    files::write(&path, &table.into_inner()?)?;
    say(format!("preprocess: {}", gist(records)));
    Ok(vec![path])
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
