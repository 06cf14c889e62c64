//! The picture of a scan's findings: axial slices through what was marked.

use anomaly_eval::{Figure1, Figure1Column, Figure1Subject};
use anyhow::{Result, ensure};
use mri_io::{Mask, Volume, to_canonical};
use nalgebra::Point3;
use ndarray::Axis;

use super::findings::Findings;
use crate::report::axial;

/// Slices in the picture.
const SLICES: usize = 5;

/// Scan, reconstruction, map and detection side by side, as PNG.
pub(super) fn draw(findings: &Findings, title: &str) -> Result<Vec<u8>> {
    let scan = to_canonical(&findings.scan);
    let brain = to_canonical(&findings.brain);
    let reconstruction = to_canonical(&findings.reconstruction);
    let anomaly = to_canonical(&findings.anomaly);
    let detection = to_canonical(&findings.detection);
    let white = white(&scan, &brain);
    let middle = |k: usize| {
        let [i, j, _] = scan.shape().map(|n| 0.5 * (n as f64 - 1.0));
        scan.affine().voxel_to_world(Point3::new(i, j, k as f64)).z
    };
    let subjects = slices(&brain, &detection)?
        .into_iter()
        .map(|k| Figure1Subject {
            label: format!("z = {:.0} mm", middle(k)),
            input: axial(scan.data(), k).mapv(|value| (value / white).clamp(0.0, 1.0)),
            truth: None,
            columns: vec![Figure1Column {
                label: String::new(),
                reconstruction: Some(axial(reconstruction.data(), k)),
                anomaly: axial(anomaly.data(), k),
                detection: axial(detection.data(), k),
            }],
        })
        .collect();
    let [di, dj, _] = scan.affine().spacing();
    Ok(Figure1 { title: title.to_owned(), spacing: [di, dj], scale: Some(1.0), subjects }.draw()?.to_png()?)
}

/// From top to bottom, the slices with most detected, but each at least a tenth of the brain's height from the others.
fn slices(brain: &Mask, detection: &Mask) -> Result<Vec<usize>> {
    let marked = |mask: &Mask| -> Vec<usize> {
        mask.data().axis_iter(Axis(2)).map(|slice| slice.iter().filter(|&&inside| inside).count()).collect()
    };
    let (brain, detection) = (marked(brain), marked(detection));
    let mut candidates: Vec<usize> = (0..brain.len()).filter(|&k| brain[k] > 0).collect();
    ensure!(!candidates.is_empty(), "no brain was found in the scan");
    let apart = (candidates.len() / 10).max(1);
    // Where nothing is marked, the slices with most brain.
    candidates.sort_by_key(|&k| std::cmp::Reverse((detection[k], brain[k])));
    let mut chosen: Vec<usize> = Vec::new();
    for k in candidates {
        if chosen.len() < SLICES && chosen.iter().all(|other| other.abs_diff(k) >= apart) {
            chosen.push(k);
        }
    }
    chosen.sort_unstable_by(|a, b| b.cmp(a));
    Ok(chosen)
}

/// The brain's 99.5th percentile, which the picture shows white.
fn white(scan: &Volume<f32>, brain: &Mask) -> f32 {
    let pairs = scan.as_slice().iter().zip(brain.as_slice());
    let mut values: Vec<f32> = pairs.filter(|(_, inside)| **inside).map(|(value, _)| *value).collect();
    values.sort_unstable_by(f32::total_cmp);
    values.get(values.len().saturating_sub(1) * 995 / 1000).copied().unwrap_or(1.0).max(f32::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mri_io::Grid;

    #[test]
    fn slices_lie_where_most_is_marked_and_apart() {
        let grid = Grid::centred([4, 4, 60], [1.0; 3]).unwrap();
        let mut brain = Volume::filled(&grid, false).unwrap();
        brain.data_mut().slice_mut(ndarray::s![.., .., 5..55]).fill(true);
        let mut detection = brain.map(|_| false);
        assert_eq!(slices(&brain, &detection).unwrap(), [25, 20, 15, 10, 5]);
        detection.data_mut().slice_mut(ndarray::s![1..3, 1, 40..43]).fill(true);
        detection.data_mut()[[2, 2, 41]] = true;
        assert!(slices(&brain, &detection).unwrap().contains(&41));
        assert!(slices(&brain.map(|_| false), &detection).is_err());
    }
}
