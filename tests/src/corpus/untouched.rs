//! Inputs are never modified, wherever they lie and whatever is asked for.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::Kind;
use super::bytes::{Nifti, Tensors};
use crate::experiment::files_below;
use crate::program::{fails_saying, memae, mri_prep, succeeds};

const CONFIG: &str = "[run]\nname = \"r\"\n[data]\nkind = \"manifest\"\nhealthy = \"inputs/study.toml\"\n\
                      lesions = \"inputs/study.toml\"\nroot = \"inputs\"\nseed = 1\ntrain = 1\nvalidation = 1\n";
const MANIFEST: &str = "title = \"Study\"\naccess = \"a\"\nlicence = \"l\"\ncitation = \"c\"\nfolder = \".\"\n\
                        skull_stripped = false\n[healthy]\nscan = \"{subject}.nii\"\n[lesions]\nscan = \"{subject}.nii\"\n";

/// Everything below a folder: path, bytes, time of the last change.
fn state(folder: &Path) -> Vec<(PathBuf, Vec<u8>, SystemTime)> {
    let of = |path: PathBuf| {
        let (bytes, about) = (fs::read(&path).unwrap(), fs::symlink_metadata(&path).unwrap());
        (path, bytes, about.modified().unwrap())
    };
    files_below(folder).into_iter().map(of).collect()
}

/// Takes or gives the right to write a folder and its files. Root may write all the same.
fn may_write(folder: &Path, may: bool) {
    let all = files_below(folder).into_iter().chain([folder.to_owned()]);
    for path in all.filter(|path| !path.is_symlink()) {
        let kind = if path.is_dir() { 0o111 } else { 0 };
        let mode = kind | if may { 0o644 } else { 0o444 };
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }
}

#[test]
fn inputs_stay_as_they_are() {
    let kind = Kind::new("untouched");
    let folder = |name: &str| kind.folder.join(name);
    let scan = Nifti::new(40);
    kind.file("inputs/t2.nii", &scan.0);
    kind.file("inputs/mask.nii", scan.clone().values(|value| f32::from(u8::from(value >= 100.0))).0);
    kind.file("inputs/m.txt", "1 0 0 3\n0 1 0 0\n0 0 1 0\n0 0 0 1\n");
    kind.file("inputs/model.safetensors", Tensors::package().bytes());
    kind.file("inputs/study.toml", MANIFEST);
    kind.file("study.toml", CONFIG);
    fs::create_dir_all(folder("links")).unwrap();
    fs::create_dir_all(folder("out")).unwrap();
    for name in ["t2.nii", "mask.nii", "m.txt", "model.safetensors"] {
        symlink(folder("inputs").join(name), folder("links").join(name)).unwrap();
    }
    may_write(&folder("inputs"), false);
    let before = [state(&folder("inputs")), state(&folder("links"))];

    for from in ["inputs", "links"] {
        let command = |line: &str| {
            let line = line.replace("IN/", &format!("{from}/"));
            let (program, rest) = line.split_once(' ').unwrap();
            let mut command = if program == "memae" { memae() } else { mri_prep() };
            command.args(rest.split(' ')).current_dir(&kind.folder);
            command
        };
        for line in [
            "mri-prep info IN/t2.nii IN/mask.nii",
            "mri-prep check IN/t2.nii",
            "mri-prep resample IN/t2.nii out/r.nii --like IN/mask.nii --matrix IN/m.txt",
            "mri-prep normalize IN/t2.nii out/n.nii --mask IN/mask.nii",
            "mri-prep transform IN/m.txt --convert out/m.tfm --inverse",
            "mri-prep split IN/t2.nii out/s_",
            "memae info IN/model.safetensors",
            "memae export IN/model.safetensors --out out/model.pt",
        ] {
            succeeds(&mut command(line));
        }
        for (line, says) in [
            ("mri-prep resample IN/t2.nii IN/t2.nii --canonical", "is an input"),
            ("mri-prep resample IN/t2.nii inputs/mask.nii --like links/mask.nii", "is an input"),
            ("mri-prep normalize IN/t2.nii links/mask.nii --mask inputs/mask.nii", "is an input"),
            ("mri-prep strip IN/t2.nii --mask inputs/t2.nii", "is an input"),
            ("mri-prep bias IN/t2.nii out/b.nii --field links/t2.nii", "is an input"),
            ("mri-prep register IN/t2.nii IN/mask.nii --resampled IN/mask.nii", "is an input"),
            ("mri-prep transform IN/m.txt --convert IN/m.txt", "is an input"),
            ("mri-prep scale IN/t2.nii --output inputs/t2.nii", "is an input"),
            ("mri-prep template IN/t2.nii --output IN/t2.nii", "is an input"),
            ("memae export IN/model.safetensors --out IN/model.safetensors", "is the model itself"),
            ("memae data check --config study.toml", "in both cohorts"),
        ] {
            fails_saying(&mut command(line), &[says]);
        }
    }
    assert!(before == [state(&folder("inputs")), state(&folder("links"))], "an input has changed");
    may_write(&folder("inputs"), true);
}
