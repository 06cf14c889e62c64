//! `mri-prep check` and `mri-prep run` on many scans: synthetic brains without a skull, in a folder and in BIDS.

mod common;

use std::path::Path;

use cli_support::lock::Lock;
use common::{brain, fails, mri_prep, pose, succeeds};
use mri_io::transform_file::read_transform;
use mri_io::{RigidTransform, write};
use nalgebra::Point3;
use serde_json::Value;

/// With a registration that is quick rather than exact, and brains taken for what they are.
const REFERENCE: &str =
    "--reference reference.nii.gz --reference-mask reference_mask.nii.gz --settings quick.toml";

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn write_reference(folder: &Path) {
    let reference = brain(&RigidTransform::identity());
    std::fs::write(
        folder.join("quick.toml"),
        "[strip]\nskull = 'keep'\n[registration]\nsamples = 1000\nmax_rotation_degrees = 15.0\n",
    )
    .unwrap();
    write(folder.join("reference.nii.gz"), &reference).unwrap();
    write(folder.join("reference_mask.nii.gz"), &reference.map(|&value| value > 0.0)).unwrap();
}

#[test]
fn a_second_run_does_only_what_is_not_done() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_reference(folder);
    write(folder.join("a.nii.gz"), &brain(&pose())).unwrap();
    write(folder.join("b.nii.gz"), &brain(&RigidTransform::identity())).unwrap();
    let mask = brain(&pose()).map(|&value| value > 0.0);
    write(folder.join("a_mask.nii"), &mask).unwrap();
    // As a spreadsheet writes it.
    std::fs::write(
        folder.join("scans.csv"),
        "\u{feff}scan,output,mask\r\na.nii.gz,out/a,a_mask.nii\r\nb.nii.gz,out/b,\r\n",
    )
    .unwrap();
    let line = format!("run --manifest scans.csv {REFERENCE} --jobs 2");

    let text = succeeds(folder, &line);
    assert!(text.contains("[2/2] done: ") && !text.contains("done already"), "{text}");
    let summary = json(&folder.join("out/a/summary.json"));
    let transform = read_transform(folder.join("out/a/transform.txt"), None).unwrap();
    assert!((summary["transform"][0][3].as_f64().unwrap() - transform.matrix()[(0, 3)]).abs() < 1e-9);
    assert!((summary["brain_ml"].as_f64().unwrap() - mask.millilitres()).abs() < 1e-6);
    assert!(summary["strip_quality"].is_null(), "the mask was given");
    for picture in ["quality.png", "thumbnail.png"] {
        assert_eq!(std::fs::read(folder.join("out/a").join(picture)).unwrap()[1..4], *b"PNG");
    }
    let page = std::fs::read_to_string(folder.join("scans.html")).unwrap();
    assert!(
        page.contains("href=\"out/a/quality.png\"") && page.contains("src=\"out/b/thumbnail.png\""),
        "{page}"
    );
    assert!(!page.contains("http"), "the page needs no network");

    let text = succeeds(folder, &line);
    assert!(text.contains("2 of 2 scans are done already") && !text.contains("done: "), "{text}");
    // A result that is gone; a copy, which is no change; other voxels in a file of the same size and time; other
    // settings.
    std::fs::remove_file(folder.join("out/b/mask.nii.gz")).unwrap();
    let text = succeeds(folder, &line);
    assert!(text.contains("1 of 2 scans") && text.contains("done: b") && !text.contains("done: a"), "{text}");
    let path = folder.join("a_mask.nii");
    write(&path, &mask).unwrap();
    assert!(succeeds(folder, &line).contains("2 of 2 scans are done already"));
    let before = std::fs::metadata(&path).unwrap();
    let mut smaller = mask.clone();
    let first = smaller.as_slice().iter().position(|&inside| inside).unwrap();
    smaller.as_mut_slice()[first] = false;
    write(&path, &smaller).unwrap();
    std::fs::File::options()
        .append(true)
        .open(&path)
        .unwrap()
        .set_modified(before.modified().unwrap())
        .unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().len(), before.len());
    let text = succeeds(folder, &line);
    assert!(text.contains("done: a") && !text.contains("done: b"), "{text}");
    std::fs::write(folder.join("quick.toml"), "[registration]\nsamples = 1001\n").unwrap();
    let text = succeeds(folder, &line);
    assert!(text.contains("done: a") && text.contains("done: b"), "{text}");
    assert!(succeeds(folder, &format!("{line} --force")).contains("done: a"));
}

#[test]
fn a_bids_data_set_gets_derivatives() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_reference(folder);
    for (place, file) in [
        ("sub-01/anat", "sub-01_T2w.nii.gz"),
        ("sub-02/anat", "sub-02_T2w.nii.gz"),
        ("sub-02/ses-1/anat", "sub-02_ses-1_T2w.nii"),
        ("sub-02/ses-2/anat", "sub-02_ses-2_acq-x_T2w.nii.gz"),
    ] {
        std::fs::create_dir_all(folder.join("study").join(place)).unwrap();
        write(folder.join("study").join(place).join(file), &brain(&pose())).unwrap();
    }
    // Another contrast, in another pose, in one session of them.
    let other =
        brain(&RigidTransform::identity()).map(|&value| if value > 0.0 { 400.0 - value } else { 0.0 });
    write(folder.join("study/sub-01/anat/sub-01_T1w.nii.gz"), &other).unwrap();
    let derivatives = folder.join("study/derivatives/mri-prep");
    std::fs::create_dir_all(&derivatives).unwrap();
    std::fs::write(derivatives.join(".bidsignore"), "mine").unwrap();

    // A reference by its whole path, which no sidecar may name.
    let whole = REFERENCE.replace("reference.nii.gz ", &format!("{}/reference.nii.gz ", folder.display()));
    fails(folder, &format!("run --bids study --also PDw {whole}"), &["no scan of the suffix PDw"]);
    let text = succeeds(folder, &format!("run --bids study --also T1w {whole}"));
    assert!(
        text.contains("sub-02: the session has no T1w") && !text.contains("sub-01: the session"),
        "{text}"
    );
    let to_t1 = derivatives.join("sub-01/anat/sub-01_from-T1w_to-reference_mode-image_xfm.txt");
    let found = read_transform(to_t1, None).unwrap();
    let places = [[60.0, 0.0, 0.0], [0.0, 75.0, 0.0], [0.0, 0.0, 50.0]].map(Point3::from);
    assert!(places.iter().all(|&place| (found.apply(place) - place).norm() < 4.0), "{found:?}");
    for file in [
        "README.md",
        "reference/volume.nii.gz",
        "reference/mask.nii.gz",
        "figures/quality.html",
        "figures/sub-02_ses-1_desc-quality_T2w.png",
        "sub-01/anat/sub-01_space-reference_desc-brain_T2w.nii.gz",
        "sub-01/anat/sub-01_space-reference_desc-brain_T1w.nii.gz",
        "sub-01/anat/sub-01_space-T1w_desc-brain_mask.json",
        "sub-02/anat/sub-02_desc-brain_mask.nii.gz",
        "sub-02/ses-1/anat/sub-02_ses-1_desc-brain_mask.nii.gz",
        "sub-02/ses-2/anat/sub-02_ses-2_acq-x_from-T2w_to-reference_mode-image_xfm.tfm",
    ] {
        assert!(derivatives.join(file).is_file(), "{file}");
    }
    // The results are no scans of the data set.
    let again = format!("run --bids study --also T1w {REFERENCE}");
    assert!(succeeds(folder, &again).contains("4 of 4 scans are done"));
    let ignored = std::fs::read_to_string(derivatives.join(".bidsignore")).unwrap();
    assert_eq!(
        ignored.lines().collect::<Vec<_>>(),
        ["mine", "*_xfm.txt", "*_xfm.tfm", "figures", "reference", "sub-*.html"]
    );

    let description = json(&derivatives.join("dataset_description.json"));
    assert_eq!(description["DatasetType"], "derivative");
    assert_eq!(description["DatasetLinks"]["raw"], "../..");
    assert_eq!(description["SourceDatasets"][0]["URL"], "../..");
    assert_eq!(description["GeneratedBy"][0]["Version"], env!("CARGO_PKG_VERSION"));
    let start = "sub-02/ses-2/anat/sub-02_ses-2_acq-x";
    let source = format!("bids:raw:{start}_T2w.nii.gz");
    for (file, key, value) in [
        ("space-reference_desc-brain_T2w", "SkullStripped", "true"),
        ("space-reference_desc-brain_T2w", "SpatialReference", "\"bids::reference/volume.nii.gz\""),
        ("space-reference_desc-brain_mask", "SpatialReference", "\"bids::reference/volume.nii.gz\""),
        ("space-reference_desc-brain_mask", "Type", "\"Brain\""),
        ("desc-brain_mask", "Type", "\"Brain\""),
    ] {
        let path = derivatives.join(format!("{start}_{file}.json"));
        let sidecar = json(&path);
        assert_eq!(sidecar[key].to_string(), value, "{file}");
        assert_eq!(sidecar["Sources"][0], source, "{file}");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains(folder.to_str().unwrap()), "{text}");
    }
    validate(&derivatives);

    fails(folder, &format!("run --bids study/sub-01 {REFERENCE}"), &["study/sub-01", "BIDS"]);
    assert!(fails(folder, "check --bids study", &["same voxels"]).contains("4 to mend"));
}

/// Runs the BIDS validator where there is one (`pip install bids-validator-deno`).
fn validate(folder: &Path) {
    let output =
        std::process::Command::new("bids-validator-deno").args(["--format", "json"]).arg(folder).output();
    let Ok(output) = output else {
        eprintln!("skipped: there is no bids-validator-deno");
        return;
    };
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let issues = report["issues"]["issues"].as_array().unwrap();
    let errors: Vec<_> = issues.iter().filter(|issue| issue["severity"] == "error").collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn check_tells_what_is_wrong_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let good = brain(&RigidTransform::identity());
    write(folder.join("good.nii.gz"), &good).unwrap();
    assert!(succeeds(folder, "check good.nii.gz").contains("1 ready, 0 to look at, 0 to mend"));

    let mut broken = good.clone();
    broken.as_mut_slice()[..7].fill(f32::NAN);
    write(folder.join("nan.nii.gz"), &broken).unwrap();
    write(folder.join("labels.nii.gz"), &good.map(|&value| u8::from(value > 0.0))).unwrap();
    write(folder.join("constant.nii.gz"), &good.map(|_| 3.0_f32)).unwrap();
    write(folder.join("copy.nii"), &good).unwrap();
    write(folder.join("negative.nii.gz"), &good.map(|&value| value - 20.0)).unwrap();
    std::fs::write(folder.join("text.nii.gz"), "subject,age\n").unwrap();
    for (file, cause) in [
        ("labels.nii.gz", "label map"),
        ("constant.nii.gz", "all voxels have the value 3"),
        ("good.nii.gz copy.nii", "same voxels as good.nii.gz"),
        ("text.nii.gz", "not a NIfTI file"),
        ("none.nii.gz", "No such file"),
        (".", "not a file"),
    ] {
        fails(folder, &format!("check {file}"), &[cause, "->"]);
    }
    write(folder.join("real-part.nii.gz"), &good.map(|&value| value - 400.0)).unwrap();
    assert!(succeeds(folder, "check real-part.nii.gz").contains("magnitude image"));
    // As far below 0 as a spline leaves the background of a stripped scan.
    let told = succeeds(folder, "check negative.nii.gz");
    assert!(told.contains("are negative") && !told.contains("magnitude image"), "{told}");
    assert!(succeeds(folder, "check nan.nii.gz").contains("7 voxels"));

    std::fs::write(folder.join("scans.csv"), "scan,output,mask\ngood.nii.gz,x,negative.nii.gz\n").unwrap();
    succeeds(folder, "check --manifest scans.csv");
    let other = mri_io::Volume::filled(&mri_io::Grid::centred([4, 4, 4], [1.0; 3]).unwrap(), 1_u8).unwrap();
    write(folder.join("negative.nii.gz"), &other).unwrap();
    fails(folder, "check --manifest scans.csv", &["different grids"]);

    let (code, text) = mri_prep(folder, "check --json good.nii.gz constant.nii.gz");
    let reports: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(code, 1);
    assert_eq!(reports[0]["orientation"], "RAS");
    assert_eq!(reports[1]["findings"][0]["severity"], "error");
}

#[test]
fn manifests_that_cannot_work_are_refused_before_the_work() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_reference(folder);
    write(folder.join("a.nii.gz"), &brain(&pose())).unwrap();
    let refused = |text: &str, causes: &[&str]| {
        std::fs::write(folder.join("scans.csv"), text).unwrap();
        fails(folder, &format!("run --manifest scans.csv {REFERENCE}"), causes);
    };
    refused("scan,output\n", &["scans.csv", "lists no scan"]);
    refused("scan,place\na.nii.gz,x\n", &["scans.csv", "`place`", "columns are `scan`"]);
    refused("scan,mask\na.nii.gz,\n", &["scans.csv", "names no `output`", "a.nii.gz"]);
    refused("scan,output\na.nii.gz,x\na.nii.gz,x\n", &["two scans would write"]);
    refused("scan,output\nnone.nii.gz,x\n", &["none.nii.gz", "no such file"]);
    refused("scan,output\na.nii.gz,a.nii.gz/x\n", &["a.nii.gz/x", "cannot be written"]);
    fails(folder, &format!("run --manifest a.nii.gz {REFERENCE}"), &[".csv or .toml"]);
}

#[cfg(unix)]
#[test]
fn an_interrupt_finishes_the_scan_in_hand_and_the_next_run_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_reference(folder);
    write(folder.join("a.nii.gz"), &brain(&pose())).unwrap();
    let lines = "scan,output\na.nii.gz,out/0\na.nii.gz,out/1\na.nii.gz,out/2\na.nii.gz,out/3\n";
    std::fs::write(folder.join("scans.csv"), lines).unwrap();
    let line = format!("run --manifest scans.csv {REFERENCE} --jobs 1");

    let mut program = std::process::Command::new(assert_cmd::cargo::cargo_bin("mri-prep"))
        .current_dir(folder)
        .args(line.split(' '))
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while !folder.join("out/0/summary.json").exists() {
        assert!(program.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(
        std::process::Command::new("kill")
            .args(["-INT", &program.id().to_string()])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(program.wait().unwrap().code(), Some(130));
    let done = std::fs::read_dir(folder.join("out")).unwrap().count();
    assert!((1..4).contains(&done), "{done}");
    for entry in std::fs::read_dir(folder.join("out")).unwrap() {
        assert!(entry.unwrap().path().join("summary.json").exists(), "no scan is left half done");
    }
    assert!(folder.join("scans.html").exists());
    assert!(succeeds(folder, &line).contains(&format!("{done} of 4 scans are done already")));
}

#[test]
fn a_data_set_is_chosen_from_by_contrast_subject_table_and_entity() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_reference(folder);
    let study = folder.join("study");
    for (place, file) in [
        ("sub-01/anat", "sub-01_T2w.nii.gz"),
        ("sub-01/anat", "sub-01_acq-high_FLAIR.nii.gz"),
        ("sub-01/anat", "sub-01_acq-low_FLAIR.nii.gz"),
        ("sub-02/anat", "sub-02_acq-high_FLAIR.nii.gz"),
        ("sub-03/anat", "sub-03_acq-high_FLAIR.nii"),
        ("sub-04/anat", "sub-04_T2w.nii.gz"),
    ] {
        std::fs::create_dir_all(study.join(place)).unwrap();
        write(study.join(place).join(file), &brain(&pose())).unwrap();
    }
    std::fs::write(
        study.join("participants.tsv"),
        "participant_id\tgroup\nsub-01\tcontrol\nsub-02\tcontrol\nsub-03\tpatient\nsub-04\tcontrol\n",
    )
    .unwrap();
    std::fs::write(folder.join("out.txt"), "sub-02 # moved\n").unwrap();
    let chosen =
        "--bids study --suffix FLAIR --participants group=control --entities acq-high --exclude out.txt";
    let text = succeeds(folder, &format!("run {chosen} {REFERENCE}"));
    assert!(text.contains("done: sub-01_acq-high") && text.contains("sub-04 has no anat/*_FLAIR"), "{text}");
    let derivatives = study.join("derivatives/mri-prep-FLAIR");
    assert!(derivatives.join("sub-01/anat/sub-01_acq-high_desc-brain_mask.nii.gz").is_file());
    for left_out in ["sub-01/anat/sub-01_acq-low_desc-brain_mask.nii.gz", "sub-02", "sub-03"] {
        assert!(!derivatives.join(left_out).exists(), "{left_out}");
    }
    validate(&derivatives);
    // The same conditions in `check`, and what cannot be.
    assert!(succeeds(folder, &format!("check {chosen}")).contains("sub-01_acq-high_FLAIR"));
    for (line, causes) in [
        ("--suffix FLAIR --include 01 09", ["--include names 1 subject", "09"]),
        ("--suffix FLAIR --participants group=kontrol", ["no row has kontrol", "control"]),
        ("--suffix FLAIR --entities acq-middle", ["no scan *_FLAIR is left", "--entities"]),
        ("--suffix PDw", ["no scan of the form", "_PDw"]),
        ("--derivatives study/derivatives/mri-prep-FLAIR", ["another contrast", "--derivatives"]),
    ] {
        fails(folder, &format!("run --bids study {line} {REFERENCE}"), &causes);
    }
}

#[test]
fn a_list_takes_other_contrasts_along() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_reference(folder);
    write(folder.join("t2.nii.gz"), &brain(&pose())).unwrap();
    let other =
        brain(&RigidTransform::identity()).map(|&value| if value > 0.0 { 400.0 - value } else { 0.0 });
    write(folder.join("t1.nii.gz"), &other).unwrap();
    write(folder.join("flair.nii.gz"), &other.map(|&value| 0.9 * value)).unwrap();
    std::fs::write(folder.join("scans.csv"), "scan,output,also\nt2.nii.gz,out,t1.nii.gz; flair.nii.gz\n")
        .unwrap();
    succeeds(folder, &format!("run --manifest scans.csv {REFERENCE}"));
    for contrast in ["t1", "flair"] {
        let found = read_transform(folder.join(format!("out/{contrast}_transform.txt")), None).unwrap();
        let place = Point3::new(0.0, 75.0, 0.0);
        assert!((found.apply(place) - place).norm() < 4.0, "{found:?}");
        assert!(folder.join(format!("out/{contrast}_brain.nii.gz")).is_file());
    }
    let list = "[[scan]]\nscan = 't2.nii.gz'\noutput = 'out'\nalso = ['t1.nii.gz', 'flair.nii.gz']\n";
    std::fs::write(folder.join("scans.toml"), list).unwrap();
    assert!(
        succeeds(folder, &format!("run --manifest scans.toml {REFERENCE}")).contains("1 of 1 scans are done")
    );
    let checked = succeeds(folder, "check --manifest scans.toml");
    for scan in ["t2", "t1", "flair"] {
        assert!(checked.contains(&format!("{scan}.nii.gz")), "{checked}");
    }
    for (also, cause) in [("none.nii", "no such file"), ("t2.nii.gz", "is the scan itself")] {
        std::fs::write(folder.join("scans.csv"), format!("scan,output,also\nt2.nii.gz,out,{also}\n"))
            .unwrap();
        fails(folder, &format!("run --manifest scans.csv {REFERENCE}"), &[also, cause]);
    }
}

#[test]
fn two_runs_do_not_write_to_one_folder() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_reference(folder);
    write(folder.join("a.nii.gz"), &brain(&pose())).unwrap();
    std::fs::create_dir_all(folder.join("study/sub-01/anat")).unwrap();
    write(folder.join("study/sub-01/anat/sub-01_T2w.nii.gz"), &brain(&pose())).unwrap();
    std::fs::write(folder.join("scans.csv"), "scan,output\na.nii.gz,out\n").unwrap();
    std::fs::write(folder.join("others.csv"), "scan,output\na.nii.gz,out\n").unwrap();
    for (lock, line) in [
        ("out/.lock", "a.nii.gz out --force"),
        ("out/.lock", "--manifest others.csv --force"),
        (".scans.csv.lock", "--manifest scans.csv"),
        ("study/derivatives/mri-prep/.lock", "--bids study"),
    ] {
        let held = Lock::take(&folder.join(lock), folder, "wait").unwrap();
        let process = format!("(process {} on ", std::process::id());
        fails(folder, &format!("run {line} {REFERENCE}"), &["another run works here, since 2", &process]);
        drop(held);
    }
    // Locks that ended programs left behind are none.
    succeeds(folder, &format!("run a.nii.gz out {REFERENCE}"));
}
