//! What the documentation tells people to type exists: commands and their options, files, settings, links.

use std::fs;
use std::path::{Path, PathBuf};

use crate::experiment::files_below;
use crate::program::{fails_saying, memae, mri_prep, succeeds};

/// Each page with its text.
fn pages() -> Vec<(PathBuf, String)> {
    let root = root();
    let mut files: Vec<PathBuf> =
        ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"].iter().map(|name| root.join(name)).collect();
    files.extend(files_below(&root.join("docs")));
    for entry in fs::read_dir(root.join("crates")).unwrap() {
        files.push(entry.unwrap().path().join("README.md"));
    }
    files.retain(|file| file.extension().is_some_and(|extension| extension == "md"));
    files.into_iter().map(|file| (file.clone(), fs::read_to_string(file).unwrap())).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The fenced blocks of a page in one of these languages.
fn blocks<'a>(text: &'a str, languages: &[&str]) -> Vec<&'a str> {
    let fenced = text.split("```").skip(1).step_by(2);
    fenced
        .filter_map(|block| block.split_once('\n'))
        .filter(|(language, _)| languages.contains(language))
        .map(|(_, block)| block)
        .collect()
}

/// Words of a command line, without a comment at its end; none of an indented line, which is a picture or an output.
fn words(line: &str) -> Vec<&str> {
    if line.starts_with(' ') {
        return Vec::new();
    }
    line.split_whitespace().take_while(|word| !word.starts_with('#')).collect()
}

#[test]
fn commands_and_options_exist() {
    let xtask = fs::read_to_string(root().join("xtask/src/main.rs")).unwrap();
    let mut checked = 0;
    for (page, text) in pages() {
        for line in blocks(&text, &["sh", "text"]).iter().flat_map(|block| block.lines()) {
            let words = words(line);
            let (mut command, arguments) = match words.as_slice() {
                ["memae", rest @ ..] | ["cargo", "run", "--release", "-p", "memae-cli", "--", rest @ ..] => {
                    (memae(), rest)
                }
                ["mri-prep", rest @ ..] => (mri_prep(), rest),
                ["cargo", "xtask", task, ..] => {
                    assert!(xtask.contains(&format!("\n  {task} ")), "{}: {line}", page.display());
                    continue;
                }
                _ => continue,
            };
            // With `--help` at the end everything before it is parsed, and nothing is done.
            let output = command.args(arguments).arg("--help").output().unwrap();
            let message = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{}: {line}\n{message}", page.display());
            checked += 1;
        }
    }
    assert!(checked > 20, "only {checked} commands were found");
}

#[test]
fn the_reference_of_commands_is_up_to_date() {
    let page = root().join("docs/reference/commands.md");
    let now = memae().arg("reference").output().unwrap().stdout;
    assert!(
        fs::read(&page).unwrap() == now,
        "write it anew: cargo run -p memae-cli -- reference > docs/reference/commands.md"
    );
}

#[test]
fn shells_and_man_are_served() {
    for shell in ["bash", "zsh", "fish"] {
        assert!(succeeds(memae().args(["completions", shell])).contains("detect"));
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("man");
    succeeds(memae().arg("man").arg(&folder));
    let page = fs::read_to_string(folder.join("memae-data-check.1")).unwrap();
    assert!(page.contains("Writes nothing"), "{page}");
}

#[test]
fn links_and_named_files_exist() {
    for (page, text) in pages() {
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap();
            if target.contains("://") || file.is_empty() || target.contains('`') {
                continue;
            }
            assert!(page.parent().unwrap().join(file).exists(), "{} links to {target}", page.display());
        }
        for name in text.split(['`', ' ', '\n']).filter(|word| word.starts_with("configs/")) {
            assert!(root().join(name).exists(), "{} names {name}", page.display());
        }
    }
}

/// Manifests and configurations that a page shows, each in a file of its own, are understood: only the data is missing.
#[test]
fn manifests_and_configurations_are_understood() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("documented-settings");
    fs::create_dir_all(&folder).unwrap();
    let mut checked = 0;
    for (page, text) in pages() {
        let blocks = blocks(&text, &["toml"]);
        let manifest: Vec<&str> = blocks
            .iter()
            .copied()
            .filter(|block| ["title =", "[lesions]"].iter().any(|start| block.starts_with(start)))
            .collect();
        fs::write(folder.join("my-data.toml"), manifest.join("\n")).unwrap();
        for block in blocks.iter().filter(|block| block.starts_with("[run]")) {
            fs::write(folder.join("shown.toml"), block).unwrap();
            let mut command = memae();
            command.current_dir(&folder).args(["preprocess", "--config", "shown.toml"]);
            fails_saying(&mut command, &["no scan of"]);
            checked += 1;
            println!("{}: checked", page.display());
        }
    }
    assert!(checked >= 2);
}

/// The page on data of one's own works when it is followed: its manifest, its configuration (for fewer people and a tiny
/// network), its commands, on a BIDS data set as it describes.
#[test]
fn the_page_on_own_data_can_be_followed() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("documented-own-data");
    fs::remove_dir_all(&folder).ok();
    let data = folder.join("data/my-study");
    let source = crate::experiment::finished().data_root().join("synthetic");
    let mut table = vec!["participant_id\tgroup".to_owned()];
    let copy = |from: &Path, to: PathBuf| {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
    };
    for (cohort, group, count) in [("healthy", "control", 3), ("tumour", "patient", 1)] {
        for number in 1..=count {
            let (original, name) = (format!("sub-{number:04}"), format!("sub-{group}{number}"));
            let file =
                |kind: &str| source.join(cohort).join(&original).join(format!("{original}_{kind}.nii.gz"));
            copy(&file("T2w"), data.join(format!("{name}/anat/{name}_T2w.nii.gz")));
            if group == "patient" {
                let labels = format!("derivatives/lesions/{name}/{name}_label-lesion_mask.nii.gz");
                copy(&file("tumour"), data.join(labels));
            }
            table.push(format!("{name}\t{group}"));
        }
    }
    fs::write(data.join("participants.tsv"), table.join("\n")).unwrap();

    let page = fs::read_to_string(root().join("docs/how-to/own-data.md")).unwrap();
    let settings = blocks(&page, &["toml"]);
    let [manifest, configuration] = settings[..] else {
        panic!("the page shows {} settings", settings.len())
    };
    fs::write(folder.join("my-data.toml"), manifest).unwrap();
    let mut configuration = configuration.to_owned();
    for (shown, small) in
        [("train = 120", "train = 2"), ("validation = 20", "validation = 1"), ("\"/data\"", "\"data\"")]
    {
        assert!(configuration.contains(shown), "{configuration}");
        configuration = configuration.replacen(shown, small, 1);
    }
    configuration = configuration.replacen("[run]", "[run]\ndevice = \"cpu\"\nmodels = [\"ae\"]", 1);
    configuration += "[reference]\nshape = [32, 32, 24]\nspacing = [6.5, 6.5, 6.5]\n[model]\nwidth = 0.0625\n\
                      [train]\nepochs = 1\nbatch = 16\n[evaluate]\nsensitivity = false\n";
    fs::write(folder.join("my-study.toml"), configuration).unwrap();
    let mut followed = 0;
    for line in blocks(&page, &["sh"]).iter().flat_map(|block| block.lines()) {
        if let ["memae", arguments @ ..] = words(line).as_slice() {
            succeeds(memae().current_dir(&folder).args(arguments));
            followed += 1;
        }
    }
    assert_eq!(followed, 2, "data check and run");
    assert!(folder.join("runs/my-study/report/index.html").is_file());
}

/// The commands of one page do what it says, one after the other, on two synthetic heads.
#[test]
fn the_page_on_mri_prep_can_be_followed() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("documented-mri-prep");
    fs::remove_dir_all(&folder).ok();
    fs::create_dir_all(&folder).unwrap();
    let heads = files_below(&crate::experiment::finished().folder.join("cache"));
    let heads = heads.iter().filter(|file| file.to_string_lossy().ends_with("_T2w.nii.gz"));
    for (scan, name) in heads.zip(["sub-01_T2w.nii.gz", "sub-02_T2w.nii.gz"]) {
        fs::copy(scan, folder.join(name)).unwrap();
    }
    fs::write(folder.join("scans.csv"), "scan,output\nsub-02_T2w.nii.gz,prepared/sub-02\n").unwrap();

    let page = fs::read_to_string(root().join("docs/how-to/use-mri-io.md")).unwrap();
    for line in blocks(&page, &["sh"]).iter().flat_map(|block| block.lines()) {
        if let ["mri-prep", arguments @ ..] = words(line).as_slice() {
            succeeds(mri_prep().current_dir(&folder).args(arguments));
        }
    }
    for result in
        ["brain.png", "registered.png", "moved.nii.gz", "scaled.nii.gz", "prepared/sub-02/brain.nii.gz"]
    {
        assert!(folder.join(result).is_file(), "{result} is missing");
    }
}
