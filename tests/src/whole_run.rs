//! All stages in one go, and what they leave behind.

use std::collections::BTreeSet;
use std::fs;
use std::time::SystemTime;

use serde_json::Value;

use crate::experiment::{Experiment, MODELS, files_below, finished};
use crate::program::{fails_saying, memae, succeeds};

/// Brain of the first subject, and AUROC and average precision over the brain of what needs no training.
const BRAIN_ML: f64 = 1478.0;
const BASELINES: [(&str, [f64; 2]); 2] = [("intensity", [0.9468, 0.4789]), ("mean", [0.9018, 0.6934])];

#[test]
fn the_report_has_every_file() {
    let run = finished();
    for name in [
        "index.html",
        "table1.md",
        "table1.csv",
        "table1.tex",
        "figure1.png",
        "subjects_brain.svg",
        "calibration.png",
        "metrics.json",
    ] {
        let file = run.result("report").join(name);
        assert!(fs::metadata(&file).is_ok_and(|file| file.len() > 0), "{}", file.display());
    }
    let page = fs::read_to_string(run.result("report/index.html")).unwrap();
    assert!(page.contains("finds lesions best of the models") && page.contains("<td class=\"best\">"));
    let png = fs::read(run.result("report/figure1.png")).unwrap();
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
}

#[test]
fn the_table_has_five_models_two_baselines_and_says_synthetic() {
    let table = fs::read_to_string(finished().result("report/table1.csv")).unwrap();
    let methods: BTreeSet<&str> =
        table.lines().skip(1).map(|row| row.split(',').nth(3).expect("the column of methods")).collect();
    let expected: BTreeSet<&str> = MODELS.into_iter().chain(["intensity", "mean"]).collect();
    assert_eq!(methods, expected);
    let table = fs::read_to_string(finished().result("report/table1.md")).unwrap();
    for part in ["TPR", "TNR", "Synthetic data, not patients"] {
        assert!(table.contains(part), "{part}:\n{table}");
    }
}

/// If this fails, a stage gives other results than before: raise the stage's revision in
/// `crates/memae-cli/src/run/stage.rs`, so that results of older programs count as out of date, and then change the values
/// here. The baselines need no training, so that rounding on another processor moves them by less than is allowed here.
#[test]
fn the_results_are_those_of_these_revisions() {
    let subjects = fs::read_to_string(finished().result("preprocess/subjects.csv")).unwrap();
    let first: Vec<&str> = subjects.lines().nth(1).unwrap().split(',').collect();
    let brain_ml: f64 = first[2].parse().unwrap();
    assert!(first[0] == "sub-0001" && (brain_ml - BRAIN_ML).abs() < 2.0, "{first:?}");

    let text = fs::read_to_string(finished().result("report/metrics.json")).unwrap();
    let metrics: Value = serde_json::from_str(&text).unwrap();
    for (id, [auroc, auprc]) in BASELINES {
        let methods = metrics["methods"].as_array().unwrap();
        let method = methods.iter().find(|method| method["id"] == id).unwrap();
        let brain =
            method["ranking"].as_array().unwrap().iter().find(|set| set["voxels"] == "brain").unwrap();
        let found = ["auroc", "auprc"].map(|measure| brain[measure]["mean"].as_f64().unwrap());
        assert!((found[0] - auroc).abs() < 0.003 && (found[1] - auprc).abs() < 0.003, "{id}: {found:?}");
    }
}

#[test]
fn measures_are_finite_and_rates_lie_between_0_and_1() {
    let text = fs::read_to_string(finished().result("report/metrics.json")).unwrap();
    let metrics: Value = serde_json::from_str(&text).unwrap();
    let mut rates = 0;
    visit(&metrics, &mut |key, number| {
        assert!(number.is_finite(), "{key}");
        if ["tpr", "tnr", "auroc", "auprc", "dice"].contains(&key) {
            assert!((0.0..=1.0).contains(&number), "{key} = {number}");
            rates += 1;
        }
    });
    assert!(rates > 0, "no rates in {text}");
}

/// Calls `f` with each number in a JSON value, and with the nearest key above it.
fn visit(value: &Value, f: &mut impl FnMut(&str, f64)) {
    fn go(key: &str, value: &Value, f: &mut impl FnMut(&str, f64)) {
        match value {
            Value::Object(fields) => fields.iter().for_each(|(key, value)| go(key, value, f)),
            Value::Array(values) => values.iter().for_each(|value| go(key, value, f)),
            Value::Number(number) => f(key, number.as_f64().unwrap()),
            _ => {}
        }
    }
    go("", value, f);
}

#[test]
fn every_model_leaves_weights_and_history() {
    for model in MODELS {
        for name in ["best.safetensors", "last.safetensors", "metrics.jsonl"] {
            let file = finished().result("models").join(model).join(name);
            assert!(fs::metadata(&file).is_ok_and(|file| file.len() > 0), "{}", file.display());
        }
    }
}

#[test]
fn no_temporary_file_stays() {
    let files = files_below(&finished().folder);
    let temporary = files.iter().find(|file| file.file_name().unwrap().to_string_lossy().contains("tmp"));
    assert_eq!(temporary, None);
}

#[test]
fn a_second_run_is_up_to_date_and_changes_nothing() {
    let run = finished();
    let times = || -> Vec<(std::path::PathBuf, SystemTime)> {
        let results =
            ["models", "maps", "report", "packages"].map(|folder| files_below(&run.result(folder))).concat();
        results
            .into_iter()
            .map(|file| (file.clone(), fs::metadata(file).unwrap().modified().unwrap()))
            .collect()
    };
    let before = times();
    let said = succeeds(&mut run.memae(&["run"]));
    assert!(said.contains("up to date"), "{said}");
    assert_eq!(times(), before);
}

#[test]
fn another_setting_of_the_evaluation_does_not_train_again() {
    let one_model = ("device = \"cpu\"", "device = \"cpu\"\nmodels = [\"ae\"]");
    let run = Experiment::after_preprocessing("changed", &[one_model]);
    succeeds(&mut run.memae(&["run"]));
    let trained = || fs::metadata(run.result("models/ae/last.safetensors")).unwrap().modified().unwrap();
    let reported = || fs::metadata(run.result("report/index.html")).unwrap().modified().unwrap();
    let before = (trained(), reported());
    run.configure(&[
        one_model,
        ("[evaluate.bootstrap]", "[evaluate]\nscope = \"slice\"\n\n[evaluate.bootstrap]"),
    ]);
    succeeds(&mut run.memae(&["run"]));
    assert_eq!(trained(), before.0);
    assert!(reported() > before.1);
}

#[test]
fn without_a_lesion_the_report_says_so_and_draws_no_figure() {
    let changes = [
        ("device = \"cpu\"", "device = \"cpu\"\nmodels = [\"ae\"]"),
        ("name = \"tiny\"", "name = \"tiny\"\ncache = \"healthy\""),
        ("test = 3", "test = 1"),
    ];
    let run = Experiment::new("no-lesion", &changes);
    succeeds(&mut run.memae(&["synth"]));
    succeeds(&mut run.memae(&["preprocess"]));
    let files = files_below(&run.folder.join("healthy"));
    for file in files.iter().filter(|file| file.to_string_lossy().ends_with("_lesions.nii.gz")) {
        let empty = mri_io::read(file).unwrap().map(|_| 0_u8);
        mri_io::write(file, &empty).unwrap();
    }
    succeeds(&mut run.memae(&["run"]));
    let page = fs::read_to_string(run.result("report/index.html")).unwrap();
    for part in [
        "No test subject has a lesion",
        "there is none to draw",
        "AE: it has learned nothing of use",
        "too few for",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!run.result("report/figure1.png").exists());
}

#[test]
fn runs_with_other_seeds_are_compared_and_nothing_else_is() {
    let run = finished();
    let copy = |name: &str, line: &str, changed: &str| {
        let folder = run.folder.join(name);
        fs::create_dir_all(folder.join("eval")).unwrap();
        fs::copy(run.result("eval/metrics.json"), folder.join("eval/metrics.json")).unwrap();
        let text = fs::read_to_string(run.result("config.toml")).unwrap();
        let (head, train) = text.split_once("[train]").unwrap();
        assert!(train.contains(line), "{train}");
        fs::write(folder.join("config.toml"), format!("{head}[train]{}", train.replacen(line, changed, 1)))
            .unwrap();
        folder
    };
    let out = run.folder.join("seeds");
    let seeds = || {
        let mut command = memae();
        command.arg("seeds").arg(run.result(""));
        command
    };
    succeeds(seeds().arg(copy("other", "seed = 1", "seed = 2")).arg("--out").arg(&out));
    let table = fs::read_to_string(out.join("seeds.md")).unwrap();
    assert!(table.contains("2 runs") && table.contains("Synthetic") && table.contains("± 0.000"), "{table}");
    fails_saying(seeds().arg(copy("same", "epochs = 1", "epochs = 1")), &["training seed of another run"]);
    fails_saying(
        seeds().arg(copy("changed", "seed = 1\nkeep_empty = false", "seed = 2\nkeep_empty = true")),
        &["other settings"],
    );
}
