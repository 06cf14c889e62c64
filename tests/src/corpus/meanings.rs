//! Images that can be read, and are not what the command takes them for.

use super::Kind;
use super::bytes::Nifti;

pub(super) fn make(kind: &mut Kind) {
    let scan = || Nifti::new(40);
    kind.file("t2.nii", scan().0);
    kind.file("t1.nii", scan().values(|value| if value > 300.0 { value - 380.0 } else { value }).0);
    kind.file("mask.nii", scan().values(|value| f32::from(u8::from(value >= 100.0))).0);
    kind.file("labels.nii", scan().values(|value| (value / 100.0).floor()).0);
    kind.file("empty.nii", scan().values(|_| 0.0).0);
    kind.file("nan.nii", scan().values(|value| if value > 400.0 { f32::NAN } else { value }).0);
    kind.file("small-mask.nii", Nifti::new(20).values(|value| f32::from(u8::from(value >= 100.0))).0);
    // The same numbers of voxels along the axes, and so many volumes.
    let series = scan().dims(&[4, 40, 40, 40, 2]);
    kind.file("series.nii", [&series.0[..], &series.0[352..]].concat());
    let units = |code, factor: f32| {
        let half = -78.0 * factor;
        let rows = [4.0 * factor, 0.0, 0.0, half, 0.0, 4.0 * factor, 0.0, half, 0.0, 0.0, 4.0 * factor, half];
        scan().i8s(123, &[code]).f32s(280, &rows).f32s(80, &[4.0 * factor; 3])
    };
    kind.file("metres.nii", units(1, 1e-3).0);
    kind.file("micrometres.nii", units(3, 1e3).0);
    kind.file("unsaid-metres.nii", units(0, 1e-3).0);
    kind.file("negative.nii", scan().values(|value| 50.0 - value).0);

    for name in [
        "t1",
        "mask",
        "labels",
        "empty",
        "nan",
        "series",
        "metres",
        "micrometres",
        "unsaid-metres",
        "negative",
    ] {
        let file = format!("{name}.nii");
        kind.case("given as a scan", &file, format!("mri-prep check {file}"));
    }
    for name in ["mask", "labels", "empty", "series", "unsaid-metres"] {
        let file = format!("{name}.nii");
        kind.case("given as a scan", &file, format!("memae detect {file} --quiet --out found"));
    }
    for name in ["mask", "labels", "empty", "nan", "series"] {
        let file = format!("{name}.nii");
        kind.case("given as a head", &file, format!("mri-prep strip {file} --mask out.nii"));
    }
    for (about, mask) in [
        ("a scan as a mask", "t2.nii"),
        ("a label map as a mask", "labels.nii"),
        ("a mask without a voxel", "empty.nii"),
        ("a mask of another grid", "small-mask.nii"),
        ("a series as a mask", "series.nii"),
    ] {
        kind.case(about, mask, format!("mri-prep normalize t2.nii out.nii --mask {mask}"));
        if mask != "labels.nii" {
            kind.case(about, mask, format!("memae detect t2.nii --mask {mask} --quiet --out found"));
        }
    }
    kind.case("a scan as labels", "nan.nii", "mri-prep resample nan.nii out.nii --like t2.nii --labels");
    kind.case(
        "a series as a reference",
        "series.nii",
        "mri-prep register series.nii t2.nii --matrix out.txt",
    );
}
