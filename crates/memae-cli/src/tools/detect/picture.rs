//! The picture of a scan's findings: for the largest, the axial slices through them.

use anomaly_eval::Voxel;
use anyhow::{Result, ensure};
use memae_report::{Figure1, Figure1Column, Figure1Subject};
use mri_io::Mask;
use mri_io::resample::to_canonical;
use nalgebra::Point3;
use ndarray::{Array2, Axis};

use super::component::Component;
use super::findings::Findings;
use super::window::window;
use crate::stages::report::axial;

/// Rows of the picture.
const ROWS: usize = 5;

/// A slice of the picture.
struct Row {
    /// Place on the canonical grid's third axis.
    slice: usize,
    label: String,
    /// What is marked in it, `[i, j]`.
    marked: Array2<bool>,
}

/// Scan, reconstruction, map and detection side by side, as PNG: a row for each of the largest components, which alone are
/// marked in it, or some slices through the brain where nothing was found.
pub(super) fn draw(findings: &Findings<'_>, components: &[Component], title: &str) -> Result<Vec<u8>> {
    let scan = to_canonical(findings.scan);
    let brain = to_canonical(&findings.prepared.native_mask);
    let reconstruction = to_canonical(&findings.reconstruction);
    let anomaly = to_canonical(&findings.anomaly);
    let white = window(&scan, &brain)[1] as f32;
    let rows = if components.is_empty() { empty_rows(&brain)? } else { rows(findings, components) };
    let height = |k: usize| {
        let [i, j, _] = scan.shape().map(|n| 0.5 * (n as f64 - 1.0));
        scan.affine().voxel_to_world(Point3::new(i, j, k as f64)).z
    };
    let subjects = rows
        .into_iter()
        .map(|Row { slice, label, marked }| Figure1Subject {
            label: format!("{label}, z = {:.0} mm", height(slice)),
            input: axial(scan.data(), slice).mapv(|value| (value / white).clamp(0.0, 1.0)),
            truth: None,
            columns: vec![Figure1Column {
                label: String::new(),
                reconstruction: Some(axial(reconstruction.data(), slice)),
                anomaly: axial(anomaly.data(), slice),
                detection: marked,
            }],
        })
        .collect();
    let [di, dj, _] = scan.affine().spacing();
    Ok(Figure1 { title: title.to_owned(), spacing: [di, dj], scale: Some(1.0), subjects }.draw()?.to_png()?)
}

/// The largest components, each in the slice that holds most of it.
fn rows(findings: &Findings<'_>, components: &[Component]) -> Vec<Row> {
    let parts = findings.marked.iter().zip(components).take(ROWS);
    parts
        .map(|(voxels, component)| {
            let marked = to_canonical(&only(&findings.detection, voxels));
            let (slice, _) = fullest(&marked);
            let label = format!("{}\n{:.1} ml", component.place.words, component.ml);
            Row { slice, label, marked: axial(marked.data(), slice) }
        })
        .collect()
}

/// A mask of these voxels alone.
fn only(like: &Mask, voxels: &[Voxel]) -> Mask {
    let mut mask = like.map(|_| false);
    for &voxel in voxels {
        mask.data_mut()[voxel] = true;
    }
    mask
}

/// Marked voxels of each axial slice.
fn counts(mask: &Mask) -> Vec<usize> {
    mask.data().axis_iter(Axis(2)).map(|slice| slice.iter().filter(|&&inside| inside).count()).collect()
}

/// The axial slice with most marked voxels, the lowest of several, and how many.
fn fullest(mask: &Mask) -> (usize, usize) {
    let counts = counts(mask).into_iter().enumerate();
    counts.max_by_key(|&(slice, count)| (count, std::cmp::Reverse(slice))).unwrap_or_default()
}

/// From top to bottom, slices at even distances through the brain.
///
/// # Errors
/// If there is no brain.
fn empty_rows(brain: &Mask) -> Result<Vec<Row>> {
    let inside: Vec<usize> =
        counts(brain).into_iter().enumerate().filter(|(_, count)| *count > 0).map(|(k, _)| k).collect();
    ensure!(!inside.is_empty(), "no brain was found in the scan");
    let rows = (0..ROWS).rev().map(|row| inside[(2 * row + 1) * inside.len() / (2 * ROWS)]);
    let nothing = axial(brain.data(), 0).mapv(|_| false);
    let row = |slice| Row { slice, label: "nothing marked".to_owned(), marked: nothing.clone() };
    Ok(rows.map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use mri_io::{Grid, Volume};

    #[test]
    fn a_finding_is_shown_where_it_is_largest() {
        let grid = Grid::centred([4, 4, 60], [1.0; 3]).unwrap();
        let empty = Volume::filled(&grid, false).unwrap();
        let marked = only(&empty, &[(1, 1, 40), (1, 1, 41), (2, 1, 41), (1, 1, 42), (2, 1, 42)]);
        assert_eq!(fullest(&marked), (41, 2));
        assert_eq!(marked.count(), 5);
    }

    #[test]
    fn without_findings_slices_spread_over_the_brain() {
        let grid = Grid::centred([4, 4, 60], [1.0; 3]).unwrap();
        let mut brain = Volume::filled(&grid, false).unwrap();
        assert!(empty_rows(&brain).is_err());
        brain.data_mut().slice_mut(ndarray::s![.., .., 5..55]).fill(true);
        let slices: Vec<usize> = empty_rows(&brain).unwrap().iter().map(|row| row.slice).collect();
        assert_eq!(slices, [50, 40, 30, 20, 10]);
    }
}
