//! What a scan's header and voxels tell.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use super::{Contrast, Finding, ScanFacts, Severity, labels};
use crate::nifti::{Header, read_with_header};
use crate::strip::{SkullStrip, strip_if_background};
use crate::{Result, Volume};
use Severity::{Error, Warning};

/// Fields of view (mm) within which a head may lie.
const FIELD_OF_VIEW: [f64; 2] = [60.0, 500.0];
/// A field of view (mm) below which part of the brain is likely missing.
const SMALL_FIELD: f64 = 120.0;
/// Slices (mm) from which they count as thick, if they are this many times as thick as the pixels' side.
const THICK: [f64; 2] = [2.5, 2.0];
/// Degrees from which a scan counts as oblique.
const OBLIQUE: f64 = 15.0;
/// Percentage of negative voxels that overshoots of an earlier interpolation do not explain.
const MANY_NEGATIVE: f64 = 5.0;
/// How far below 0, as a share of the highest value, splines overshoot: all that was 0 around a stripped brain may.
const OVERSHOOT: f32 = 0.1;
/// Share of the range at both of its ends, within which the values of masks and of probabilities lie.
const SATURATED: f32 = 0.01;
/// Fewer values than this are labels or a mask, not intensities.
const FEW_VALUES: usize = 16;

pub(super) fn look(path: &Path) -> Result<(ScanFacts, Vec<Finding>)> {
    let (header, scan) = read_with_header(path)?;
    let (facts, findings, _) = look_at(&header, &scan);
    Ok((facts, findings))
}

/// Also the brain, where it was searched for.
pub(super) fn look_at(header: &Header, scan: &Volume<f32>) -> (ScanFacts, Vec<Finding>, Option<SkullStrip>) {
    let mut findings = geometry(header);
    findings.extend(values(scan));
    let broken = findings.iter().any(|finding| finding.severity == Error);
    // A search for a brain in a label map would take its time for nothing.
    let brain = if broken { None } else { strip_if_background(scan) };
    let stripped = brain.as_ref().is_some_and(|brain| brain.stripped);
    let tail_ratio = if broken { None } else { tail_ratio(scan) };
    if stripped {
        findings.push(Finding::note(
            "is stripped already: what stands out from its background is taken as the brain",
        ));
    }
    let spacing = header.affine.spacing();
    let facts = ScanFacts {
        shape: header.shape,
        spacing_mm: spacing,
        field_of_view_mm: [0, 1, 2].map(|axis| header.shape[axis] as f64 * spacing[axis]),
        orientation: header.affine.orientation(),
        datatype: header.datatype.to_string(),
        range: range(scan),
        contrast: Contrast::from_tail_ratio(tail_ratio),
        tail_ratio,
        stripped,
        content: content(scan),
    };
    (facts, findings, brain)
}

fn geometry(header: &Header) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find =
        |severity, what: String, advice: &'static str| findings.push(Finding::new(severity, what, advice));
    let (shape, spacing) = (header.shape, header.affine.spacing());
    if let Some(&least) = shape.iter().min().filter(|&&least| least < 3) {
        find(
            Error,
            format!("has only {least} slices along one axis"),
            "give the whole volume, not single slices",
        );
    }
    let sides = [0, 1, 2].map(|axis| shape[axis] as f64 * spacing[axis]);
    let (smallest, largest) =
        sides.iter().fold((f64::MAX, 0.0_f64), |(a, b), &side| (a.min(side), b.max(side)));
    if smallest < FIELD_OF_VIEW[0] || largest > FIELD_OF_VIEW[1] {
        find(
            Error,
            format!(
                "has a field of view of {:.0} x {:.0} x {:.0} mm, which holds no head",
                sides[0], sides[1], sides[2]
            ),
            "look at voxel size and unit in the header (NIfTI wants millimetres)",
        );
    } else if smallest < SMALL_FIELD {
        find(
            Warning,
            format!(
                "has a field of view of only {smallest:.0} mm along one axis: part of the brain is likely missing"
            ),
            "look at a picture of its brain mask",
        );
    }
    findings.extend(header.findings.iter().cloned());
    let thickest = spacing.iter().copied().fold(0.0, f64::max);
    let finest = spacing.iter().copied().fold(f64::MAX, f64::min);
    if thickest >= THICK[0] && thickest >= THICK[1] * finest {
        findings.push(Finding::note(format!(
            "has thick slices ({thickest:.1} mm): detail across them is missing"
        )));
    }
    let degrees = obliqueness(header);
    if degrees > OBLIQUE {
        findings.push(Finding::note(format!("is oblique by {degrees:.0} degrees, which its affine tells")));
    }
    findings
}

/// Largest angle (degrees) between a voxel axis and the world axis that it stands for.
fn obliqueness(header: &Header) -> f64 {
    let (matrix, spacing) = (header.affine.matrix(), header.affine.spacing());
    let angle = |(voxel, (world, _)): (usize, (usize, bool))| {
        (matrix[(world, voxel)].abs() / spacing[voxel]).min(1.0).acos().to_degrees()
    };
    header.affine.axis_codes().into_iter().enumerate().map(angle).fold(0.0, f64::max)
}

fn values(scan: &Volume<f32>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find =
        |severity, what: String, advice: &'static str| findings.push(Finding::new(severity, what, advice));
    let voxels = scan.as_slice();
    let share = |count: usize| 100.0 * count as f64 / voxels.len() as f64;
    let not_finite = voxels.iter().filter(|value| !value.is_finite()).count();
    if not_finite > 0 {
        let none = not_finite == voxels.len();
        find(
            if none { Error } else { Warning },
            format!("{not_finite} voxels ({:.2} %) are not finite numbers", share(not_finite)),
            if none {
                "find out where the file was made what went wrong"
            } else {
                "they count as 0, which is right where nothing was seen"
            },
        );
    }
    let Some([low, high]) = range(scan) else { return findings };
    if low == high {
        find(Error, format!("all voxels have the value {low}"), "leave it out: there is nothing to see");
        return findings;
    }
    let mut few: Vec<f32> = Vec::new();
    let many = voxels.iter().any(|value| {
        if !few.contains(value) {
            few.push(*value);
        }
        few.len() > FEW_VALUES
    });
    if !many && not_finite == 0 {
        find(
            Error,
            format!("has only {} different values: it is a mask or a label map", few.len()),
            "give the scan that it belongs to",
        );
    } else if is_soft_mask(voxels, low, high) {
        find(
            Error,
            "has its highest value nearly wherever it is not lowest: it is a mask or a map of probabilities"
                .into(),
            "give the scan that it belongs to",
        );
    } else if labels::are_labels(&scan.data()) {
        find(
            Error,
            "has patches of whole numbers: it is a label map".into(),
            "give the scan that it belongs to",
        );
    }
    let negative = voxels.iter().filter(|&&value| value < 0.0).count();
    if negative > 0 {
        let what = format!("{negative} voxels ({:.2} %) are negative, down to {low}", share(negative));
        findings.push(if share(negative) > MANY_NEGATIVE && -low > OVERSHOOT * high {
            Finding::new(Warning, what, "give the magnitude image as it was acquired, if there is one")
        } else {
            Finding::note(what)
        });
    }
    findings
}

/// Whether a quarter and more of the voxels that are not at the low end of the range are at its high end: no scan is so bright, and
/// soft masks have about half of them there.
fn is_soft_mask(voxels: &[f32], low: f32, high: f32) -> bool {
    let margin = SATURATED * (high - low);
    let above = voxels.iter().filter(|&&value| value > low + margin).count();
    let highest = voxels.iter().filter(|&&value| value >= high - margin).count();
    4 * highest > above
}

fn range(scan: &Volume<f32>) -> Option<[f32; 2]> {
    let finite = scan.as_slice().iter().copied().filter(|value| value.is_finite());
    finite.fold(None, |range, value| {
        let [low, high] = range.unwrap_or([value; 2]);
        Some([value.min(low), value.max(high)])
    })
}

/// Compares the tails of the intensities deep in the head, where there are ventricles and white matter but no skull or
/// fat: an ellipsoid of 90 x 120 x 70 mm, 75 mm below the vertex.
pub(super) fn tail_ratio(scan: &Volume<f32>) -> Option<f32> {
    let mut deep = deep_in_head(scan).filter(|deep| deep.len() > 1000)?;
    deep.sort_unstable_by(f32::total_cmp);
    let quantile = |share: f64| deep[(share * (deep.len() - 1) as f64) as usize];
    let (dark, middle, bright) = (quantile(0.02), quantile(0.5), quantile(0.98));
    Some((bright - middle) / (middle - dark)).filter(|ratio| ratio.is_finite())
}

fn deep_in_head(scan: &Volume<f32>) -> Option<Vec<f32>> {
    let mut some: Vec<f32> =
        scan.as_slice().iter().step_by(37).copied().filter(|value| value.is_finite()).collect();
    some.sort_unstable_by(f32::total_cmp);
    let quantile = |share: f64| some.get((share * some.len() as f64) as usize).copied();
    let (black, white) = (quantile(0.01)?, quantile(0.99)?);
    let air = black + 0.12 * (white - black);

    let (shape, spacing) = (scan.shape(), scan.affine().spacing());
    let mut counts = shape.map(|length| vec![0_usize; length]);
    for ((i, j, k), _) in scan.data().indexed_iter().filter(|&(_, &value)| value > air) {
        counts[0][i] += 1;
        counts[1][j] += 1;
        counts[2][k] += 1;
    }
    let voxels: usize = shape.iter().product();
    let mut centre = [0.0; 3];
    let mut radius = [0.0; 3];
    for (voxel, (world, forward)) in scan.affine().axis_codes().into_iter().enumerate() {
        let filled = |&count: &usize| count as f64 >= 0.02 * (voxels / shape[voxel]) as f64;
        let (first, last) = (counts[voxel].iter().position(filled)?, counts[voxel].iter().rposition(filled)?);
        radius[voxel] = [45.0, 60.0, 35.0][world] / spacing[voxel];
        centre[voxel] = match (world, forward) {
            (2, true) => last as f64 - 75.0 / spacing[voxel],
            (2, false) => first as f64 + 75.0 / spacing[voxel],
            _ => 0.5 * (first + last) as f64,
        };
    }
    let inside = |index: [usize; 3]| {
        (0..3).map(|axis| ((index[axis] as f64 - centre[axis]) / radius[axis]).powi(2)).sum::<f64>() < 1.0
    };
    let data = scan.data();
    let deep = data.indexed_iter().filter(|&((i, j, k), value)| inside([i, j, k]) && value.is_finite());
    Some(deep.map(|(_, &value)| value).collect())
}

fn content(scan: &Volume<f32>) -> u64 {
    let mut hasher = DefaultHasher::new();
    scan.shape().hash(&mut hasher);
    for value in scan.as_slice() {
        value.to_bits().hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Grid;

    #[test]
    fn smoothed_masks_are_no_scans() {
        let grid = Grid::centred([40; 3], [4.0; 3]).unwrap();
        let mut scan = Volume::filled(&grid, 0.0_f32).unwrap();
        for ((i, j, k), value) in scan.data_mut().indexed_iter_mut() {
            let radius = [i, j, k].map(|n| (n as f32 - 19.5).powi(2)).iter().sum::<f32>().sqrt();
            // From 1 at the depth of four voxels to 0.
            *value = ((16.0 - radius) / 4.0).clamp(0.0, 1.0);
        }
        let found = values(&scan);
        assert!(
            found.iter().any(|finding| finding.severity == Error && finding.what.contains("probabilities"))
        );
        let varied = scan.map(|&value| value * (0.5 + value));
        assert!(values(&varied).iter().any(|finding| finding.severity == Error), "it is one still");
        let mut state = 1_u32;
        let textured = scan.map(|&value| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            value * (state >> 8) as f32
        });
        assert!(values(&textured).iter().all(|finding| finding.severity != Error));
    }
}
