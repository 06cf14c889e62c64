//! The reports for people.

use std::fmt::Write;

use super::{Contrast, ScanFacts, ScanReport, Severity};

/// A table of all scans, then what was found about each, then the sum.
pub fn check_table(reports: &[ScanReport]) -> String {
    let header =
        ["", "voxels", "spacing (mm)", "field of view (mm)", "axes", "contrast", "scan"].map(str::to_owned);
    let rows: Vec<[String; 7]> = std::iter::once(header).chain(reports.iter().map(row)).collect();
    let widths: [usize; 6] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    let mut text = String::new();
    for row in &rows {
        for (cell, &width) in row.iter().zip(&widths) {
            let _ = write!(text, "{cell:<width$}  ");
        }
        let _ = writeln!(text, "{}", row[6]);
    }
    for report in reports.iter().filter(|report| !report.findings.is_empty()) {
        let _ = write!(text, "\n{}\n", report.file);
        for finding in &report.findings {
            let _ = writeln!(text, "  {:<8} {}", label(finding.severity), finding.what);
            if let Some(advice) = finding.advice {
                let _ = writeln!(text, "           -> {advice}");
            }
        }
    }
    let count = |worst| reports.iter().filter(|report| report.worst() == Some(worst)).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let fine = reports.len() - errors - warnings;
    let _ = writeln!(text, "\n{fine} ready, {warnings} to look at, {errors} to mend");
    text
}

fn row(report: &ScanReport) -> [String; 7] {
    let verdict = match report.worst() {
        Some(Severity::Error) => "MEND",
        Some(Severity::Warning) => "look",
        _ => "ok",
    };
    let [voxels, spacing, field, axes, contrast] = report.facts.as_ref().map_or_else(Default::default, facts);
    [verdict.to_owned(), voxels, spacing, field, axes, contrast, report.file.clone()]
}

fn facts(facts: &ScanFacts) -> [String; 5] {
    let [i, j, k] = facts.shape;
    let [a, b, c] = facts.spacing_mm;
    let [x, y, z] = facts.field_of_view_mm;
    let contrast = match facts.contrast {
        Contrast::BrightFluid => "bright fluid (T2, PD)",
        Contrast::DarkFluid => "dark fluid (T1, FLAIR)",
        Contrast::Unclear => "unclear",
    };
    [
        format!("{i}x{j}x{k}"),
        format!("{a:.2}x{b:.2}x{c:.2}"),
        format!("{x:.0}x{y:.0}x{z:.0}"),
        facts.orientation.clone(),
        contrast.to_owned(),
    ]
}

fn label(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}
