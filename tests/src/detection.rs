//! From a run's package to findings in scans.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::experiment::{Experiment, MODELS, finished};
use crate::program::{fails_saying, memae, succeeds};

/// `memae detect` with the finished run's package, in no folder of a run.
fn detect(inputs: &[PathBuf], out: &Path) -> assert_cmd::Command {
    let mut command = memae();
    command.arg("detect").args(inputs).arg("--model").arg(finished().package()).arg("--out").arg(out);
    command
}

fn json(path: PathBuf) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn name(scan: &Path) -> String {
    scan.file_name().unwrap().to_str().unwrap().strip_suffix(".nii.gz").unwrap().to_owned()
}

#[test]
fn one_file_is_enough_and_the_maps_lie_on_the_scan() {
    let run = finished();
    let away = Experiment::new("away-from-the-run", &[]);
    let package = away.folder.join("handed-on.safetensors");
    fs::copy(run.package(), &package).unwrap();
    let (scan, out) = (run.synthetic_scan(), away.folder.join("out"));
    let mut command = memae();
    command.current_dir(&away.folder).arg("detect").arg(&scan);
    succeeds(command.args(["--model", "handed-on.safetensors", "--out", "out", "--threshold", "t2"]));

    let folder = out.join(name(&scan));
    let summary = json(folder.join("summary.json"));
    assert_eq!(summary["model"]["synthetic"], true);
    assert!(summary["notice"].as_str().unwrap().contains("no diagnosis"));
    let scan = mri_io::read(scan).unwrap();
    let map = |name: &str| {
        let map = mri_io::read(folder.join(name)).unwrap();
        assert!(map.grid().matches(&scan.grid(), 1e-3), "{name} lies on another grid");
        map
    };
    map("reconstruction.nii.gz");
    let (residual, anomaly) = (map("residual.nii.gz"), map("anomaly.nii.gz"));
    let (detection, brain) = (map("detection.nii.gz"), map("brain.nii.gz"));
    let threshold = summary["threshold"].as_f64().unwrap() as f32;
    let scale = residual.as_slice().iter().zip(anomaly.as_slice()).find(|(_, score)| **score > 0.1);
    let scale = scale.map(|(residual, score)| residual / score).unwrap();
    for (at, &score) in anomaly.as_slice().iter().enumerate() {
        let expected = (residual.as_slice()[at] / scale).min(1.0);
        assert!((score - expected).abs() < 1e-4, "scores are residuals in one scale: {score}, {expected}");
        let marked = score > threshold && brain.as_slice()[at] > 0.0;
        assert_eq!(detection.as_slice()[at] > 0.0, marked);
    }
    let voxels = detection.as_slice().iter().filter(|&&marked| marked > 0.0).count();
    let ml = voxels as f64 * detection.affine().voxel_volume() / 1000.0;
    assert!((summary["detected_ml"].as_f64().unwrap() - ml).abs() < 1e-9);
    assert!(folder.join("overview.png").is_file());
}

#[test]
fn healthy_heads_are_marked_at_the_rate_of_the_calibration() {
    let healthy = finished().synthetic_scans("healthy");
    let out = finished().folder.join("healthy-found");
    succeeds(&mut detect(&healthy, &out));
    let mut shares = Vec::new();
    for found in json(out.join("summary.json")).as_array().unwrap() {
        shares.push(found["detected_share"].as_f64().unwrap());
        assert!((0.0..=100.0).contains(&found["percentile"].as_f64().unwrap()));
    }
    assert_eq!(shares.len(), healthy.len());
    // T1 is the threshold that 5 % of the brain of validation subjects is above.
    let mean = shares.iter().sum::<f64>() / shares.len() as f64;
    assert!((0.025..0.1).contains(&mean), "{shares:?}");
}

#[test]
fn a_bad_scan_does_not_stop_the_others_and_what_is_done_is_not_done_again() {
    let experiment = Experiment::new("several", &[]);
    let scans = finished().synthetic_scans("tumour");
    let bad = experiment.folder.join("bad.nii.gz");
    fs::write(&bad, b"no scan").unwrap();
    let list = experiment.folder.join("list.csv");
    let lines: Vec<String> = [&bad, &scans[0], &scans[1]].map(|scan| scan.display().to_string()).to_vec();
    fs::write(&list, format!("scan\n{}\n", lines.join("\n"))).unwrap();
    let out = experiment.folder.join("out");
    fails_saying(&mut detect(std::slice::from_ref(&list), &out), &["1 of 3", "bad", "not a NIfTI"]);
    let table = fs::read_to_string(out.join("summary.csv")).unwrap();
    assert_eq!(table.lines().count(), 4, "{table}");
    let done = |scan: &Path| {
        let file = out.join(name(scan)).join("summary.json");
        fs::metadata(file).unwrap().modified().unwrap()
    };
    let before = [done(&scans[0]), done(&scans[1])];
    fs::remove_file(out.join(name(&scans[1])).join("anomaly.nii.gz")).unwrap();
    fails_saying(&mut detect(&[list], &out), &["1 of 3", "up to date"]);
    assert_eq!(done(&scans[0]), before[0]);
    assert!(done(&scans[1]) > before[1], "a missing result is made again");
}

#[test]
fn what_is_no_package_is_refused_with_a_way_out() {
    let run = finished();
    let experiment = Experiment::new("no-package", &[]);
    let text = experiment.folder.join("text");
    fs::write(&text, "text").unwrap();
    let other = experiment.folder.join("other.safetensors");
    let bytes = fs::read(run.package()).unwrap();
    let (now, later) = (b"\\\"format\\\":1", b"\\\"format\\\":9");
    let at = bytes.windows(now.len()).position(|part| part == now).expect("packages tell their format");
    fs::write(&other, [&bytes[..at], later, &bytes[at + now.len()..]].concat()).unwrap();
    let cases = [
        (text, "memae package"),
        (run.result("models/vae/best.safetensors"), "memae package"),
        (run.result(""), "is a folder"),
        (other, "format 9"),
    ];
    for (model, says) in cases {
        let mut command = memae();
        command.arg("detect").arg(run.synthetic_scan()).arg("--model").arg(&model);
        fails_saying(command.arg("--out").arg(experiment.folder.join("out")), &[says]);
    }
}

#[test]
fn every_model_has_a_package_that_info_explains_and_export_takes() {
    for model in MODELS {
        let package = finished().result("packages").join(format!("{model}.safetensors"));
        let said = succeeds(memae().arg("info").arg(&package));
        for part in [model, "T1", "SYNTHETIC", "healthy validation subjects", "[preprocess.strip]"] {
            assert!(said.contains(part), "{part}:\n{said}");
        }
    }
    let script = finished().folder.join("model.pt");
    succeeds(memae().arg("export").arg(finished().package()).arg("--out").arg(&script));
    assert!(fs::read(script).unwrap().starts_with(b"PK"), "TorchScript is a zip archive");
}
