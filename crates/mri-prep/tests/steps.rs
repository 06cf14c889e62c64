//! The program `mri-prep`, on a small synthetic brain.

mod common;

use common::{brain, fails, mri_prep, pose, succeeds};
use mri_io::nifti::{read_header, read_mask, write_like};
use mri_io::transform_file::read_transform;
use mri_io::{Grid, RigidTransform, Volume, read, write};
use nalgebra::Point3;

/// `NIFTI_INTENT_LABEL` of nifti1.h.
const LABEL: i32 = 1002;

#[test]
fn one_step_after_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let fixed = brain(&RigidTransform::identity());
    write(folder.join("fixed.nii.gz"), &fixed).unwrap();
    write(folder.join("moving.nii.gz"), &brain(&pose())).unwrap();

    assert!(succeeds(folder, "info fixed.nii.gz").contains("48 x 56 x 44 float32"));
    // It has no skull, and is too plain for a brain to be told from its looks.
    succeeds(folder, "strip fixed.nii.gz --skull keep --mask mask.nii.gz");
    let mask = read_mask(folder.join("mask.nii.gz")).unwrap();
    assert!(mask.dice(&fixed.map(|&value| value > 0.0)).unwrap() > 0.95);

    succeeds(folder, "register fixed.nii.gz moving.nii.gz --matrix m.txt --itk m.tfm");
    let found = read_transform(folder.join("m.txt"), None).unwrap().to_rigid().unwrap();
    let places = [[60.0, 0.0, 0.0], [0.0, 75.0, 0.0], [0.0, 0.0, 50.0]].map(Point3::from);
    assert!(found.mean_distance(&pose(), places) < 1.5);
    succeeds(folder, "register fixed.nii.gz moving.nii.gz --dof 12 --inverse back.tfm");
    let back = read_transform(folder.join("back.tfm"), None).unwrap();
    for place in places {
        assert!((back.apply(found.apply(place)) - place).norm() < 4.0);
    }

    succeeds(folder, "resample moving.nii.gz back.nii.gz --like fixed.nii.gz --matrix m.txt");
    let back = read(folder.join("back.nii.gz")).unwrap().map(|&value| value > 40.0);
    assert!(back.dice(&mask).unwrap() > 0.95);

    let mut header = read_header(folder.join("mask.nii.gz")).unwrap();
    header.intent.code = LABEL;
    write_like(folder.join("mask.nii.gz"), &mask, &header).unwrap();
    succeeds(folder, "resample mask.nii.gz labels.nii.gz --canonical --labels");
    assert_eq!(read_header(folder.join("labels.nii.gz")).unwrap().intent.code, LABEL);
    succeeds(folder, "resample fixed.nii.gz coarse.nii.gz --spacing 7 7 7 --interpolation cubic");
    assert_eq!(read_header(folder.join("coarse.nii.gz")).unwrap().shape, [24, 28, 22]);

    succeeds(folder, "normalize fixed.nii.gz scaled.nii.gz --mask mask.nii.gz --method percentile");
    let scaled = read(folder.join("scaled.nii.gz")).unwrap();
    assert!(scaled.as_slice().iter().all(|value| (0.0..=1.0).contains(value)));
}

#[test]
fn a_manifest_goes_on_after_a_scan_that_fails() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let reference = brain(&RigidTransform::identity());
    write(folder.join("reference.nii.gz"), &reference).unwrap();
    write(folder.join("reference_mask.nii.gz"), &reference.map(|&value| value > 0.0)).unwrap();
    write(folder.join("good.nii.gz"), &brain(&pose())).unwrap();
    write(folder.join("broken.nii.gz"), &reference.map(|_| 3.0_f32)).unwrap();
    let manifest =
        "[[scan]]\nscan = 'broken.nii.gz'\noutput = 'a'\n[[scan]]\nscan = 'good.nii.gz'\noutput = 'b'\n";
    std::fs::write(folder.join("scans.toml"), manifest).unwrap();
    let reference = "--reference reference.nii.gz --reference-mask reference_mask.nii.gz --jobs 2";

    fails(
        folder,
        &format!("run --manifest scans.toml {reference}"),
        &["broken.nii.gz: the volume is constant", "1 of 2 scans failed"],
    );
    assert!(!folder.join("a").exists());
    let brain = read(folder.join("b/brain.nii.gz")).unwrap();
    assert_eq!(brain.shape(), [48, 56, 44]);
    assert_eq!(brain.as_slice().iter().copied().fold(0.0, f32::max), 1.0);
    read_transform(folder.join("b/transform.txt"), None).unwrap();

    succeeds(folder, &format!("run good.nii.gz one {reference}"));
    let same = read(folder.join("one/brain.nii.gz")).unwrap();
    assert_eq!(same, brain, "alone or beside others: the same bits");

    std::fs::write(folder.join("scans.toml"), manifest.replace("'b'", "'a'")).unwrap();
    fails(folder, &format!("run --manifest scans.toml {reference}"), &["two scans would write"]);
    std::fs::write(folder.join("scans.toml"), "[[scan]]\nscans = 'x'\n").unwrap();
    fails(folder, &format!("run --manifest scans.toml {reference}"), &["scans.toml", "unknown field"]);
}

#[test]
fn without_a_reference_the_built_in_brain_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder.join("scan.nii.gz"), &brain(&pose())).unwrap();
    succeeds(folder, "run scan.nii.gz prepared");
    assert_eq!(read(folder.join("prepared/brain.nii.gz")).unwrap().shape(), [240, 240, 155]);
    let summary = std::fs::read_to_string(folder.join("prepared/summary.json")).unwrap();
    assert!(summary.contains("the built-in T2 brain"), "{summary}");
}

#[test]
fn bad_input_ends_in_a_message_and_an_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("empty.nii.gz"), "").unwrap();
    std::fs::write(folder.join("text.nii.gz"), "subject,age\n").unwrap();
    write(folder.join("scan.nii.gz"), &brain(&RigidTransform::identity())).unwrap();
    let whole = std::fs::read(folder.join("scan.nii.gz")).unwrap();
    std::fs::write(folder.join("half.nii.gz"), &whole[..whole.len() / 2]).unwrap();

    fails(folder, "info none.nii", &["none.nii", "No such file"]);
    fails(folder, "info .", &["not a file"]);
    fails(folder, "strip empty.nii.gz --mask m.nii", &["empty.nii.gz", "empty"]);
    fails(folder, "strip text.nii.gz --mask m.nii", &["text.nii.gz", "not a NIfTI file"]);
    fails(folder, "strip half.nii.gz --mask m.nii", &["half.nii.gz", "truncated"]);
    fails(folder, "resample scan.nii.gz out.txt --canonical", &["out.txt", ".nii"]);
    fails(folder, "resample scan.nii.gz out.nii --spacing 0 1 1", &["positive"]);
    fails(folder, "resample scan.nii.gz out.nii --spacing -3 1 1", &["positive"]);
    fails(folder, "resample scan.nii.gz out.nii --spacing 1e-4 1e-4 1e-4", &["does not fit into memory"]);
    fails(folder, "resample scan.nii.gz none/out.nii --canonical", &["none"]);
    assert!(!folder.join("m.nii").exists());
    for usage in [
        "strip scan.nii.gz",
        "resample scan.nii.gz out.nii",
        "run --manifest a b",
        "what",
        "run --reference a",
    ] {
        assert_eq!(mri_prep(folder, usage).0, 2, "{usage}");
    }
}

#[test]
fn places_that_cannot_be_written_are_found_before_the_work() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // No scan at all, and yet what is told is where the results cannot go.
    std::fs::write(folder.join("a.nii"), "subject,age\n").unwrap();
    std::fs::write(folder.join("scans.csv"), "scan,output\na.nii,out\n").unwrap();
    for line in [
        "strip a.nii --mask none/m.nii",
        "strip a.nii --mask m.nii --picture none/p.png",
        "register a.nii a.nii --matrix none/m.txt",
        "register a.nii a.nii --matrix m.txt --resampled none/r.nii.gz",
        "resample a.nii none/out.nii --canonical",
        "normalize a.nii none/out.nii --mask a.nii",
        "bias a.nii out.nii --field none/f.nii",
        "scale a.nii --output none/s.json",
        "template a.nii --output t.nii --output-mask none/m.nii",
    ] {
        fails(folder, line, &["the folder none is not there"]);
    }
    for line in [
        "template a.nii --output t.nii --transforms a.nii/in",
        "run a.nii a.nii/in --reference a.nii",
        "run --manifest scans.csv --reference a.nii --page a.nii/in/page.html",
    ] {
        fails(folder, line, &["a.nii/in", "cannot be written"]);
    }
    fails(folder, "strip a.nii --mask out.txt", &["out.txt", ".nii.gz"]);
    fails(folder, "strip a.nii --mask m.nii --picture p.jpg", &["p.jpg", "PNG"]);
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 2);
}

#[test]
fn masks_that_do_not_fit_are_named_with_their_volume() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let scan = brain(&RigidTransform::identity());
    write(folder.join("a.nii"), &scan).unwrap();
    write(folder.join("good.nii"), &scan.map(|&value| value > 0.0)).unwrap();
    write(folder.join("empty.nii"), &scan.map(|_| false)).unwrap();
    let other = Grid::centred([6, 7, 8], [3.5; 3]).unwrap();
    write(folder.join("other.nii"), &Volume::filled(&other, true).unwrap()).unwrap();
    for (mask, cause) in [("empty.nii", "the mask is empty"), ("other.nii", "[48, 56, 44] and [6, 7, 8]")] {
        for line in [
            format!("normalize a.nii out.nii --mask {mask}"),
            format!("bias a.nii out.nii --mask {mask}"),
            format!("scale a.nii a.nii --masks good.nii {mask} --output s.json"),
            format!("template a.nii a.nii --masks good.nii {mask} --output t.nii"),
            format!("register a.nii a.nii --moving-mask {mask} --matrix m.txt"),
            format!("run a.nii out --mask {mask} --reference a.nii --reference-mask good.nii"),
            format!("run a.nii out --mask good.nii --reference a.nii --reference-mask {mask}"),
        ] {
            fails(folder, &line, &["a.nii", mask, cause]);
        }
    }
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 4);
}

#[test]
fn nothing_is_left_behind_when_a_file_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder.join("scan.nii.gz"), &brain(&RigidTransform::identity())).unwrap();
    // A folder is in the way of the file's name.
    std::fs::create_dir_all(folder.join("out.nii.gz/inside")).unwrap();
    fails(folder, "resample scan.nii.gz out.nii.gz --canonical", &["out.nii.gz", "is a folder"]);
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 2);
}

#[test]
fn a_cohort_gives_a_scale_and_a_template() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (name, pose, gain) in [("a", RigidTransform::identity(), 1.0), ("b", pose(), 3.0)] {
        let scan = brain(&pose).map(|value| gain * value);
        write(folder.join(format!("{name}.nii.gz")), &scan).unwrap();
        write(folder.join(format!("{name}m.nii.gz")), &scan.map(|&value| value > 0.0)).unwrap();
    }

    succeeds(folder, "scale a.nii.gz b.nii.gz --masks am.nii.gz bm.nii.gz --output scale.json");
    succeeds(folder, "normalize b.nii.gz scaled.nii.gz --mask bm.nii.gz --method nyul --scale scale.json");
    succeeds(
        folder,
        "normalize b.nii.gz like.nii.gz --mask bm.nii.gz --method nyul --like a.nii.gz --like-mask am.nii.gz",
    );
    let highest = |name: &str| {
        let volume = read(folder.join(name)).unwrap();
        volume.as_slice().iter().copied().fold(0.0, f32::max)
    };
    assert!((highest("scaled.nii.gz") - 1.0).abs() < 0.05, "{}", highest("scaled.nii.gz"));
    assert!((highest("like.nii.gz") - 300.0).abs() < 5.0, "{}", highest("like.nii.gz"));
    fails(folder, "normalize b.nii.gz x.nii --mask bm.nii.gz --method nyul", &["--scale or --like"]);
    fails(folder, "scale a.nii.gz b.nii.gz --masks am.nii.gz --output x.json", &["one mask for each scan"]);
    fails(
        folder,
        "normalize b.nii.gz x.nii --mask bm.nii.gz --method nyul --scale a.nii.gz",
        &["a.nii.gz", "UTF-8"],
    );

    succeeds(folder, "bias a.nii.gz corrected.nii.gz --mask am.nii.gz --field field.nii.gz");
    let [scan, corrected, field] =
        ["a.nii.gz", "corrected.nii.gz", "field.nii.gz"].map(|name| read(folder.join(name)).unwrap());
    let voxels = scan.as_slice().iter().zip(corrected.as_slice()).zip(field.as_slice());
    assert!(voxels.into_iter().all(|((scan, corrected), field)| (corrected * field - scan).abs() < 1e-2));

    succeeds(
        folder,
        "template a.nii.gz b.nii.gz --masks am.nii.gz bm.nii.gz --output t.nii.gz --output-mask tm.nii.gz \
         --transforms poses --spacing 3.5 --iterations 1",
    );
    let template = read(folder.join("t.nii.gz")).unwrap();
    let mask = read_mask(folder.join("tm.nii.gz")).unwrap();
    let background = template.as_slice().iter().zip(mask.as_slice()).filter(|&(_, &inside)| !inside);
    assert!(background.into_iter().all(|(&value, _)| value == 0.0) && mask.count() > 20_000);
    let [a, b] = ["1", "2"].map(|name| {
        read_transform(folder.join(format!("poses/{name}.txt")), None).unwrap().to_rigid().unwrap()
    });
    let places = [[60.0, 0.0, 0.0], [0.0, 75.0, 0.0], [0.0, 0.0, 50.0]].map(Point3::from);
    assert!(b.after(&a.inverse()).mean_distance(&pose(), places) < 1.5);
}
