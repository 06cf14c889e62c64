//! Where the voxels of a file lie, and what its header's ways of saying so contradict each other in.

use nalgebra::Matrix4;

use super::fields::{Fields, Format};
use crate::finding::{Finding, Severity};
use crate::volume::forms::{Forms, Qform, SHEARED, Sform};
use crate::{Affine, Grid};

/// Distance (mm) between the forms' corners that is more than rounding.
const FORMS_DIFFER: f64 = 0.5;
/// Relative difference of voxel sizes that is more than rounding.
const SIZES_DIFFER: f64 = 1e-3;
/// How much longer than a rotation's a quaternion may be by rounding.
const QUATERNION_ROUNDING: f64 = 1e-3;

/// What follows from both forms and the voxel spacing.
pub(super) struct Place {
    pub(super) affine: Affine,
    pub(super) oriented: bool,
    pub(super) form_distance: Option<f64>,
}

/// The sform if it can be used, else the qform, else the spacing alone. The error is what is wrong, to be read after the
/// file's name.
pub(super) fn place(
    fields: &Fields,
    shape: [usize; 3],
    findings: &mut Vec<Finding>,
) -> Result<Place, String> {
    let mut forms = Forms {
        qform: (fields.qform_code > 0).then_some(Qform {
            code: fields.qform_code,
            quaternion: fields.quaternion,
            shift: fields.quaternion_shift,
            handedness: if fields.pixdim[0] < 0.0 { -1.0 } else { 1.0 },
        }),
        sform: (fields.sform_code > 0).then_some(Sform { code: fields.sform_code, rows: fields.sform }),
        // Sizes are positive by definition; some writers store flipped axes as negative ones.
        spacing: [1, 2, 3].map(|axis| fields.pixdim[axis].abs()),
        units: fields.units,
        directions: fields.directions,
    };
    let sform = forms.sform.map(|sform| {
        Affine::new(forms.in_mm(sform.matrix()))
            .map_err(|error| format!("has an sform that cannot be used: {error}"))
    });
    let qform = forms.qform.map(|qform| {
        qform_matrix(&qform, forms.spacing).and_then(|matrix| {
            Affine::new(forms.in_mm(matrix))
                .map_err(|error| format!("has a qform that cannot be used: {error}"))
        })
    });
    let mut warn = |what, advice| findings.push(Finding::new(Severity::Warning, what, advice));
    let oriented = sform.is_some() || qform.is_some();
    let affine = match (sform, qform) {
        (Some(Ok(sform)), Some(Err(reason))) => {
            forms.qform = None;
            warn(reason, "its sform is used; other programs may use the qform: mend or remove it");
            sform
        }
        (Some(Ok(sform)), _) => sform,
        (Some(Err(reason)), Some(Ok(qform))) => {
            forms.sform = None;
            warn(
                reason,
                "its qform is used, as ITK does; other programs may use the sform: mend or remove it",
            );
            qform
        }
        (Some(Err(reason)), _) | (None, Some(Err(reason))) => return Err(reason),
        (None, Some(Ok(qform))) => qform,
        (None, None) => {
            warn(
                missing_forms(fields.format).into(),
                "x is taken to the left, y to the front, z to the top; convert it again from DICOM (dcm2niix), or make \
                 sure that the first axis runs to the left",
            );
            let matrix = spacing_matrix(fields, forms.spacing, shape)?;
            Affine::new(forms.in_mm(matrix))
                .map_err(|error| format!("has a voxel spacing that cannot be used: {error}"))?
        }
    };
    if forms.qform.is_some_and(|qform| qform.excess() > QUATERNION_ROUNDING) {
        warn(
            "has a qform whose quaternion is longer than a rotation's".into(),
            "it is shortened, as in the reference library, while nibabel refuses it: mend or remove it",
        );
    }
    compare(&forms, shape, &mut warn);
    let form_distance = distance(&forms, shape);
    // Analyze cannot be repeated: its guess becomes a form.
    let affine = if fields.format == Format::Analyze { affine } else { affine.with_forms(forms) };
    Ok(Place { affine, oriented, form_distance })
}

/// Largest distance (mm) between where the two forms put a corner, of a file that has both.
fn distance(forms: &Forms, shape: [usize; 3]) -> Option<f64> {
    let grid = |matrix| Some(Grid { shape, affine: Affine::new(matrix).ok()? });
    Some(grid(forms.qform_matrix()?)?.distance(&grid(forms.sform_matrix()?)?))
}

fn missing_forms(format: Format) -> &'static str {
    match format {
        Format::Analyze => "is Analyze 7.5, which does not say where left and right are",
        _ => "has neither sform nor qform: left and right are a guess",
    }
}

/// Holds what is said of the voxels' place and size in several places against each other.
fn compare(forms: &Forms, shape: [usize; 3], warn: &mut impl FnMut(String, &'static str)) {
    if let Some(distance) = distance(forms, shape).filter(|&distance| distance > FORMS_DIFFER) {
        warn(
            format!("sform and qform put its corners up to {distance:.1} mm apart"),
            "the sform is used; other programs may use the qform: make both say the same",
        );
    }
    let Some(sform) = forms.sform else { return };
    let (columns, spacing) = (sform.spacing(), forms.spacing);
    let differ = |axis: usize| (columns[axis] - spacing[axis]).abs() > SIZES_DIFFER * columns[axis];
    if (0..3).any(|axis| differ(axis) || !spacing[axis].is_finite()) {
        let text = |sizes: [f64; 3]| sizes.map(|size| format!("{size:.4}")).join(" x ");
        warn(
            format!(
                "has voxels of {} by its sform and of {} by pixdim (in its unit of length)",
                text(columns),
                text(spacing)
            ),
            "the sform is used; other programs may use pixdim: find out which is right and make both say the same",
        );
    }
    let shear = sform.shear();
    if shear > SHEARED {
        let degrees = shear.min(1.0).asin().to_degrees();
        let what = format!("has an sform whose axes are off right angles by up to {degrees:.3} degrees");
        if forms.qform.is_some() {
            warn(what, "it is used as it is; ITK's programs take the qform instead, which has no shear");
        } else {
            warn(what, "it is used as it is; ITK's programs refuse it, for there is no qform beside it");
        }
    }
}

fn qform_matrix(qform: &Qform, spacing: [f64; 3]) -> Result<Matrix4<f64>, String> {
    if !qform.excess().is_finite() {
        return Err("has a qform whose quaternion is no rotation: the header is damaged, copy the file again or make it anew".into());
    }
    check_spacing(spacing)?;
    Ok(qform.matrix(spacing))
}

fn spacing_matrix(fields: &Fields, spacing: [f64; 3], shape: [usize; 3]) -> Result<Matrix4<f64>, String> {
    check_spacing(spacing)?;
    let steps = [-spacing[0], spacing[1], spacing[2]];
    // SPM's origin counts if it is a voxel near the volume, as in nibabel.
    let length = shape.map(|n| n as f64);
    let origin = fields.origin.map(f64::from);
    let is_set = origin.iter().any(|&voxel| voxel != 0.0)
        && (0..3).all(|axis| origin[axis] > -length[axis] && origin[axis] < 2.0 * length[axis]);
    let mut matrix = Matrix4::identity();
    for axis in 0..3 {
        let zero = if is_set { origin[axis] - 1.0 } else { 0.5 * (length[axis] - 1.0) };
        matrix[(axis, axis)] = steps[axis];
        matrix[(axis, 3)] = -zero * steps[axis];
    }
    Ok(matrix)
}

fn check_spacing(spacing: [f64; 3]) -> Result<(), String> {
    if spacing.iter().any(|&s| !(s.is_finite() && s > 0.0)) {
        return Err(format!("has the voxel spacing {spacing:?} mm: set a positive one in the header"));
    }
    Ok(())
}
