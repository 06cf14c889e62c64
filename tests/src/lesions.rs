//! What becomes of lesion labels on the way to the reference, and of cohorts without any.

use std::fs;

use crate::data::cohorts;
use crate::program::succeeds;

/// A tiny run on the cohorts, of one model.
const SMALL: &str = "
[reference]
shape = [32, 32, 24]
spacing = [6.5, 6.5, 6.5]
[model]
width = 0.0625
[train]
epochs = 1
batch = 16
[evaluate]
sensitivity = false
";

/// The cells of one subject's row of `preprocess/subjects.csv`, by column.
fn row(table: &str, subject: &str) -> impl Fn(&str) -> String {
    let mut lines = table.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let columns = lines.next().unwrap();
    let cells = lines.find(|cells| cells[0] == subject).unwrap_or_else(|| panic!("no {subject} in {table}"));
    move |column| cells[columns.iter().position(|name| name == column).expect(column)].clone()
}

#[test]
fn count_and_volume_stand_in_the_summary_and_lesions_outside_the_brain_are_told() {
    let experiment = cohorts("lesions-recorded");
    let config = experiment.folder.join("tiny.toml");
    fs::write(&config, fs::read_to_string(&config).unwrap() + SMALL).unwrap();
    let manifest = experiment.folder.join("made-up.toml");
    fs::write(&manifest, fs::read_to_string(&manifest).unwrap() + "lesion_labels = [1, 2, 3]\n").unwrap();
    // Four lesions of one voxel of 4 mm deep in the head, one in a corner of the field of view, and a cavity.
    let file = experiment.folder.join("study/patients/patients1_tumour.nii.gz");
    let mut labels = mri_io::read(&file).unwrap().map(|_| 0_u8);
    let middle = labels.shape().map(|side| side / 2);
    for step in 0..4 {
        labels.data_mut()[[middle[0] - 6 + 4 * step, middle[1], middle[2]]] = 1 + (step % 3) as u8;
    }
    labels.data_mut()[[1, 1, 1]] = 2;
    labels.data_mut()[[middle[0], middle[1] + 6, middle[2]]] = 4;
    mri_io::write(&file, &labels).unwrap();

    let said = succeeds(&mut experiment.memae(&["data", "check"]));
    assert!(
        said.contains("1 lesion of 0.06 ml out of 5 lesions of 0.32 ml outside the brain mask"),
        "{said}"
    );
    let said = succeeds(&mut experiment.memae(&["preprocess"]));
    assert!(said.contains("patients1: 5 lesions of 0.32 ml became"), "{said}");
    let table = fs::read_to_string(experiment.folder.join("runs/checked/preprocess/subjects.csv")).unwrap();
    let cell = row(&table, "patients1");
    assert_eq!((cell("lesions_before"), cell("lesions_before_ml")), ("5".to_owned(), "0.3200".to_owned()));
    let (count, ml): (usize, f64) = (cell("lesions").parse().unwrap(), cell("lesions_ml").parse().unwrap());
    // A voxel of the reference holds 0.27 ml. The corner may lie beyond its grid.
    assert!(
        (3..=5).contains(&count) && (ml - 0.2746 * count as f64).abs() < 0.01,
        "{count} lesions of {ml} ml"
    );
}

#[test]
fn a_run_whose_test_subjects_have_no_labels_ends_well() {
    let experiment = cohorts("lesions-none");
    let config = experiment.folder.join("tiny.toml");
    let text = fs::read_to_string(&config).unwrap().replacen(
        "[run]",
        "[run]\nmodels = [\"memae\"]\ndevice = \"cpu\"",
        1,
    );
    fs::write(&config, text + SMALL).unwrap();
    let manifest = experiment.folder.join("made-up.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    let without: Vec<&str> = text.lines().filter(|line| !line.starts_with("segmentation")).collect();
    fs::write(&manifest, without.join("\n")).unwrap();
    assert!(succeeds(&mut experiment.memae(&["data", "check"])).contains("has no lesion labels"));
    let said = succeeds(&mut experiment.memae(&["run"]));
    assert!(said.contains("patients1: it has no lesion labels"), "{said}");
    let report = experiment.folder.join("runs/checked/report");
    let page = fs::read_to_string(report.join("index.html")).unwrap();
    assert!(page.contains("No test subject has a lesion"));
    assert!(!report.join("figure1.png").exists());
}
