//! What a program can tell errors by, whatever their sentences say.

use mri_io::intensity::{Normalization, normalize};
use mri_io::nifti::Fault;
use mri_io::register::{RegistrationSettings, Scan, register_rigid};
use mri_io::strip::{StripSettings, skull_strip};
use mri_io::transform_file::write_transform;
use mri_io::{Error, Grid, GridMismatch, RigidTransform, Volume, read, write};

fn ramp(shape: [usize; 3]) -> Volume {
    let mut volume = Volume::filled(&Grid::centred(shape, [2.0; 3]).unwrap(), 0.0).unwrap();
    volume.as_mut_slice().iter_mut().enumerate().for_each(|(index, value)| *value = index as f32);
    volume
}

#[test]
fn the_kind_lies_behind_the_name_of_the_input() {
    let (fixed, moving) = (ramp([16; 3]), ramp([12; 3]));
    let empty = moving.map(|_| false);
    let settings = RegistrationSettings::default();
    let error = register_rigid(&fixed, Scan::within(&moving, &empty), &settings).unwrap_err();
    assert!(matches!(error.root(), Error::EmptyMask), "{error}");
    assert!(error.to_string().starts_with("the moving volume: the mask is empty"), "{error}");

    let elsewhere = fixed.map(|_| true);
    let error = register_rigid(Scan::within(&moving, &elsewhere), &fixed, &settings).unwrap_err();
    let mismatch = GridMismatch::Shape { volume: [12; 3], mask: [16; 3] };
    assert!(matches!(error.root(), Error::GridMismatch(found) if *found == mismatch), "{error}");
}

#[test]
fn figures_come_with_the_kind() {
    let mut scan = ramp([4; 3]);
    scan.as_mut_slice()[7] = f32::NAN;
    let inside = scan.map(|_| true);
    let error = normalize(&mut scan, &inside, &Normalization::MinMax).unwrap_err();
    assert!(matches!(error, Error::NotFinite { count: 1, voxels: 64, masked: true }), "{error}");

    let mut settings = StripSettings::default();
    settings.rim = 7.0;
    let error = skull_strip(&ramp([4; 3]), &settings).unwrap_err();
    assert!(matches!(error, Error::Setting { name: "rim", .. }), "{error}");
}

#[test]
fn files_say_what_is_wrong_with_them() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("list.nii"), "subject,age\n1,70\n").unwrap();
    let error = read(at("list.nii")).unwrap_err();
    assert!(matches!(error, Error::Nifti { fault: Fault::Format, .. }), "{error}");
    let error = write(at("scan.png"), &ramp([2; 3])).unwrap_err();
    assert!(matches!(error, Error::Unwritable { .. }), "{error}");
    let error = write_transform(at("flirt.mat"), RigidTransform::identity(), None).unwrap_err();
    assert!(matches!(error, Error::EndsMissing { .. }), "{error}");
}
