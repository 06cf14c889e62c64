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
    let header = |name: &str| mri_io::nifti::read_header(folder.join(name)).unwrap();
    let [low, high] = header("anomaly.nii.gz").display;
    assert!((low - f64::from(threshold)).abs() < 1e-6 && low < high && high <= 1.0, "{low} {high}");
    let codes = ["stripped", "reconstruction", "residual", "anomaly", "detection", "brain"]
        .map(|name| header(&format!("{name}.nii.gz")).intent.code);
    assert_eq!(codes, [0, 1001, 1001, 1001, 1002, 1002]);
    assert!(folder.join("overview.png").is_file());
    let stripped = map("stripped.nii.gz");
    for ((value, whole), inside) in stripped.as_slice().iter().zip(scan.as_slice()).zip(brain.as_slice()) {
        assert_eq!(*value, if *inside > 0.0 { *whole } else { 0.0 });
    }
    mri_io::transform_file::read_transform(folder.join("transform.txt"), None).unwrap();

    let parts = summary["components"].as_array().unwrap();
    let volumes: Vec<f64> = parts.iter().map(|part| part["ml"].as_f64().unwrap()).collect();
    assert!(!volumes.is_empty() && volumes.is_sorted_by(|a, b| a >= b), "{volumes:?}");
    for part in parts {
        let side = part["place"]["side"].as_str().unwrap();
        assert!(part["place"]["words"].as_str().unwrap().starts_with(side), "{part}");
    }
    assert!(summary["percentile"].is_null(), "two synthetic heads are no group to compare with");
    assert!(summary["percentile_not_given"].as_str().unwrap().contains("synthetic"));
}

#[test]
fn several_models_have_folders_and_rows_of_their_own() {
    let run = finished();
    let out = run.folder.join("several-models");
    let scans = run.synthetic_scans("tumour");
    let both = || {
        let mut command = memae();
        command.arg("detect").args(&scans[..2]).arg("--out").arg(&out);
        for model in ["vae", "ssim-memae"] {
            command.arg("--model").arg(run.result("packages").join(format!("{model}.safetensors")));
        }
        succeeds(&mut command)
    };
    both();
    let table = fs::read_to_string(out.join("summary.csv")).unwrap();
    assert_eq!(table.lines().count(), 5, "{table}");
    let folders = ["vae", "ssim-memae"].map(|model| out.join(name(&scans[0])).join(model));
    let [vae, memae] = folders.clone().map(|folder| json(folder.join("summary.json")));
    assert_eq!((&vae["model"]["kind"], &memae["model"]["kind"]), (&"vae".into(), &"ssim-memae".into()));
    let [a, b] = folders.clone().map(|folder| fs::read(folder.join("transform.txt")).unwrap());
    assert_eq!(a, b, "one registration for both");
    // With one model the results lie in the scan's folder, and are the same.
    let alone = run.folder.join("one-of-several");
    succeeds(&mut detect(&scans[..1], &alone));
    let map = |folder: &Path| fs::read(folder.join("anomaly.nii.gz")).unwrap();
    assert_eq!(map(&folders[0]), map(&alone.join(name(&scans[0]))));
    fs::remove_file(folders[1].join("transform.txt")).unwrap();
    let said = both();
    assert!(said.contains(&format!("{}: up to date", name(&scans[1]))), "{said}");
    assert!(folders[1].join("transform.txt").is_file(), "a missing result is made again");
}

#[test]
fn without_a_named_model_those_in_the_program_count_what_they_agree_on() {
    let experiment = Experiment::new("in-the-program", &[]);
    let scan = finished().synthetic_scan();
    let detect = |out: &str, models: &[&str]| {
        let mut command = memae();
        command.current_dir(&experiment.folder).arg("detect").arg(&scan).args(["--out", out]).args(models);
        succeeds(&mut command);
        experiment.folder.join(out).join(name(&scan))
    };
    let together = detect("together", &[]);
    let kinds = ["ssim-memae", "dae", "blob-dae"];
    let named = kinds.map(|kind| format!("builtin:{kind}"));
    let apart = detect("apart", &named.each_ref().map(|name| ["--model", name]).concat());
    let folders = [&apart.join(kinds[0]), &apart.join(kinds[1]), &apart.join(kinds[2]), &together];
    let summaries = folders.map(|folder| json(folder.join("summary.json")));
    assert_eq!(summaries[3]["model"]["kind"], kinds[0]);
    assert_eq!(summaries[3]["model"]["with"][0], summaries[1]["model"]);
    assert_eq!(summaries[3]["model"]["with"][1], summaries[2]["model"]);
    let [a, b, c, all] = summaries.map(|summary| summary["threshold"].as_f64().unwrap());
    assert!((all - (a * b * c).cbrt()).abs() < 1e-6, "{a} {b} {c} {all}");

    let maps = folders.map(|folder| mri_io::read(folder.join("anomaly.nii.gz")).unwrap());
    let [a, b, c, all] = maps.each_ref().map(mri_io::Volume::as_slice);
    let mut seen = 0;
    for (voxel, score) in all.iter().enumerate() {
        let alone = [a[voxel], b[voxel], c[voxel]];
        assert!(*score == 0.0 || alone.iter().all(|score| *score > 0.0), "{score} where each says {alone:?}");
        seen += usize::from(*score > 0.0);
    }
    assert!(seen > 0);
}

#[test]
fn what_is_no_t2_scan_is_refused_or_told() {
    let run = finished();
    let experiment = Experiment::new("no-t2", &[]);
    let scan = mri_io::read(run.synthetic_scan()).unwrap();
    let labels = experiment.folder.join("labels.nii.gz");
    let mut blocks = scan.clone();
    for ((i, j, k), value) in blocks.data_mut().indexed_iter_mut() {
        *value = (1 + i / 4 + 16 * (j / 4) + k / 4) as f32;
    }
    mri_io::write(&labels, &blocks).unwrap();
    let out = experiment.folder.join("out");
    fails_saying(&mut detect(&[labels], &out), &["labels.nii.gz", "label map", "give the scan"]);

    // Fluid is dark in the negative of a T2 scan.
    let brightest = scan.as_slice().iter().copied().fold(0.0, f32::max);
    let air = 0.12 * brightest;
    let negative = experiment.folder.join("negative.nii.gz");
    mri_io::write(&negative, &scan.map(|&value| if value > air { brightest + air - value } else { value }))
        .unwrap();
    let said = succeeds(&mut detect(&[negative], &out));
    assert!(said.contains("fluid is dark"), "{said}");
    let warnings = json(out.join("negative/summary.json"))["warnings"].to_string();
    assert!(warnings.contains("fluid is dark"), "{warnings}");
}

/// Packages may be built into the program or not: what is named and is not there is refused with what there is.
#[test]
fn models_in_the_program_are_listed_and_others_refused() {
    let run = finished();
    let help = succeeds(memae().args(["detect", "--help"]));
    assert!(help.contains("builtin:NAME"), "{help}");
    let mut command = memae();
    command.arg("detect").arg(run.synthetic_scan()).args([
        "--model",
        "builtin:no-such-model",
        "--out",
        "out",
    ]);
    fails_saying(&mut command, &["package"]);
    for command in ["info", "export"] {
        fails_saying(memae().args([command, "builtin:no-such-model"]), &["package"]);
    }
}

#[test]
fn half_precision_makes_a_package_of_half_the_size() {
    let changes = ("[train]\n", "[package]\nhalf_precision = true\nsmallest_ml = 0.2\n\n[train]\n");
    let experiment = Experiment::after_preprocessing("half-precision", &[changes]);
    succeeds(&mut experiment.memae(&["preprocess"]));
    succeeds(&mut experiment.memae(&["train", "--model", "vae"]));
    succeeds(&mut experiment.memae(&["package", "--model", "vae"]));
    let bytes = |package: PathBuf| fs::metadata(package).unwrap().len();
    let (half, whole) = (bytes(experiment.package()), bytes(finished().package()));
    assert!(100 * half < 70 * whole, "{half} of {whole} bytes");
    let out = experiment.folder.join("out");
    let mut command = memae();
    command.arg("detect").arg(finished().synthetic_scan()).arg("--model").arg(experiment.package());
    succeeds(command.arg("--out").arg(&out));
    let summary = json(out.join(name(&finished().synthetic_scan())).join("summary.json"));
    for part in summary["components"].as_array().unwrap() {
        assert!(part["ml"].as_f64().unwrap() >= 0.2, "{part}");
    }
}

#[test]
fn healthy_heads_are_marked_at_the_rate_of_the_calibration() {
    let healthy = finished().synthetic_scans("healthy");
    let out = finished().folder.join("healthy-found");
    succeeds(&mut detect(&healthy, &out));
    let mut shares = Vec::new();
    for found in json(out.join("summary.json")).as_array().unwrap() {
        shares.push(found["detected_share"].as_f64().unwrap());
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
    let (now, later) = (b"\\\"format\\\":2", b"\\\"format\\\":9");
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
