//! Files of text: transforms, lists of scans, manifests, configurations.

use std::fs;
use std::path::Path;

use mri_io::transform_file::{Ends, read_transform};
use mri_io::{Affine, Grid};

use super::driver::{Outcome, fuzz};
use super::files_of;
use crate::config::Config;
use crate::data::border::DataRoot;
use crate::data::manifest::{Manifest, Subject};

#[test]
fn transforms() {
    let mut seeds = files_of(&["golden/linear", "golden/transforms"]);
    seeds.retain(|seed| !seed.starts_with(&[0x1f, 0x8b]));
    let words =
        ["Transform: ", "AffineTransform_double_3_3", "Parameters:", "type", "xras", "1 0 0 0\n", "#"];
    let folder = tempfile::tempdir().unwrap();
    let affine = Affine::from_spacing([1.0, 2.0, 3.0], [0.0; 3]).unwrap();
    let grid = Grid { shape: [8, 9, 10], affine };
    let ends = Ends { fixed: grid, moving: grid };
    fuzz("transforms", &seeds, &words, |bytes| {
        // The name says which of the formats without a mark it is.
        let name = ["any.mat", "any.txt", "any.lta"][bytes.len() % 3];
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let _ = read_transform(&path, None);
        let found = read_transform(&path, Some(&ends));
        if let Ok(transform) = &found {
            let all = [transform.matrix(), transform.inverse().matrix()];
            assert!(all.iter().all(|matrix| matrix.iter().all(|value| value.is_finite())));
        }
        Outcome::of(found, name)
    });
}

#[test]
fn lists() {
    let csv =
        "\u{feff}mask,scan,output,also\r\n,a.nii,out/a,t1.nii; flair.nii;\r\n b_mask.nii, \"b.nii\" ,,\r\n";
    let toml = "[[scan]]\nscan = 'a.nii'\noutput = 'out/a'\nalso = ['t1.nii', 'flair.nii']\n[[scan]]\nscan = 'b.nii'\n";
    let words = ["scan", "mask", "output", "also", ",", "\"", "\n", ";", "[[scan]]", "'''", "\u{feff}"];
    let folder = tempfile::tempdir().unwrap();
    fuzz("lists", &[csv.into(), toml.into()], &words, |bytes| {
        let name = if bytes.starts_with(b"[") { "any.toml" } else { "any.csv" };
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let found = mri_io::find::read_scan_list(&path);
        if let Ok(scans) = &found {
            assert!(!scans.is_empty());
        }
        Outcome::of(found, name)
    });
}

#[test]
fn manifests() {
    let root = tempfile::tempdir().unwrap();
    for file in
        ["s/sub-1/anat/sub-1_T2w.nii", "s/sub-2/anat/sub-2_T2w.nii.gz", "s/l/sub-1.nii", "s/participants.tsv"]
    {
        cli_support::files::write(&root.path().join(file), b"participant_id\tgroup\nsub-1\tc\n").unwrap();
    }
    let head =
        "title = 'S'\naccess = 'a'\nlicence = 'l'\ncitation = 'c'\nfolder = 's'\nskull_stripped = false\n";
    let healthy =
        "[healthy]\nsubjects = 2\nscan = '{subject}/anat/{subject}_T2w.nii.gz'\nexclude = ['sub-2']\n";
    let lesions = "[lesions]\nsuffix = 'T2w'\nscan = '*/anat/{subject}_{suffix}.nii'\nsegmentation = 'l/{subject}.nii'\n\
                   lesion_labels = [1, 2]\nparticipants = { column = 'group', values = ['c'] }\n";
    let words =
        ["{subject}", "{suffix}", "*", "..", "/", "'", "[", "]", "include = ", "mask = ", "\\u0000", "\n"];
    let seeds = [[head, healthy].concat(), [head, lesions].concat(), [head, healthy, lesions].concat()];
    let path = root.path().join("any.toml");
    let name = path.to_str().unwrap();
    fuzz("manifests", &seeds.map(String::into_bytes), &words, |bytes| {
        fs::write(&path, bytes).unwrap();
        let manifest = Manifest::load(name);
        if let Ok(manifest) = &manifest {
            for files in manifest.healthy.iter().chain(&manifest.lesions) {
                let Ok(found) = manifest.find(files, &DataRoot::closed(root.path())) else { continue };
                for file in found.subjects.iter().flat_map(Subject::files) {
                    assert!(file.canonicalize().unwrap().starts_with(root.path()), "{}", file.display());
                }
            }
        }
        Outcome::of(manifest, name)
    });
}

#[test]
fn configurations() {
    let seeds = ["quick", "paper", "anatomy", "default-model"].map(|name| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../configs/{name}.toml"));
        let text = fs::read_to_string(path).unwrap();
        // Comments would get most of the changes.
        let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim_end());
        lines.filter(|line| !line.is_empty()).flat_map(|line| [line, "\n"]).collect::<String>().into_bytes()
    });
    let words = [
        "[model.memory]",
        "[cluster]",
        "enabled = false",
        "\"",
        "[",
        "]",
        "{",
        "}",
        " = ",
        "kind",
        "\n",
        "nan",
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("any.toml");
    fuzz("configurations", &seeds, &words, |bytes| {
        fs::write(&path, bytes).unwrap();
        let config = Config::load(Some(&path));
        if let Ok(config) = &config {
            fs::write(&path, config.to_toml().unwrap()).unwrap();
            assert_eq!(Config::load(Some(&path)).unwrap(), *config, "what is written is what was read");
        }
        Outcome::of(config, "any.toml")
    });
}
