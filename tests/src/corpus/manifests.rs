//! Manifests of cohorts that are not as they say.

use std::fs;
use std::os::unix::fs::symlink;

use super::Kind;
use super::bytes::Nifti;

const HEAD: &str = "title = \"Study\"\naccess = \"a\"\nlicence = \"l\"\ncitation = \"c\"\nfolder = \"study\"\n\
                    skull_stripped = false\n";
const HEALTHY: &str = "[healthy]\nscan = \"healthy/{subject}.nii\"\n";
const LESIONS: &str = "[lesions]\nscan = \"sick/{subject}.nii\"\nsegmentation = \"labels/{subject}.nii\"\n";
const CONFIG: &str = "[run]\nname = \"r\"\n[data]\nkind = \"manifest\"\nhealthy = \"MANIFEST\"\nlesions = \"MANIFEST\"\n\
                      root = \"data\"\nseed = 1\ntrain = 1\nvalidation = 1\n";

pub(super) fn make(kind: &mut Kind) {
    for scan in ["healthy/h1", "healthy/h2", "sick/s1", "labels/s1", "twice/s1", "../elsewhere/h1"] {
        kind.file(&format!("data/study/{scan}.nii"), Nifti::new(8).0);
    }
    kind.file("data/study/participants.tsv", "participant_id\tgroup\nh1\tcontrol\n");
    fs::create_dir_all(kind.folder.join("data/empty")).unwrap();
    symlink("../elsewhere", kind.folder.join("data/study/linked")).unwrap();
    symlink("../../outside", kind.folder.join("data/study/far")).unwrap();
    kind.file("outside/h1.nii", Nifti::new(8).0);

    let whole = [HEAD, HEALTHY, LESIONS].concat();
    let with = |from: &str, to: &str| {
        assert!(whole.contains(from), "{from}");
        whole.replacen(from, to, 1)
    };
    let cases = [
        ("nothing", "empty.toml", String::new()),
        ("an unknown key", "key.toml", with("segmentation", "egmentation")),
        ("another type", "type.toml", with("skull_stripped = false", "skull_stripped = \"no\"")),
        ("no lesions", "no-lesions.toml", [HEAD, HEALTHY].concat()),
        ("a folder that is not there", "folder.toml", with("\"study\"", "\"stdy\"")),
        ("a folder without a scan", "no-scan.toml", with("\"study\"", "\"empty\"")),
        ("a pattern without a subject", "subject.toml", with("healthy/{subject}", "healthy/h1")),
        (
            "a pattern that leaves the folder",
            "pattern.toml",
            with("healthy/{subject}", "../elsewhere/{subject}"),
        ),
        ("a pattern from the root on", "absolute.toml", with("healthy/{subject}", "/data/{subject}")),
        ("a folder that leaves the root", "above.toml", with("\"study\"", "\"../data/study\"")),
        ("a folder from the root on", "root.toml", with("\"study\"", "\"/data/study\"")),
        ("a link that leaves the root", "link.toml", with("healthy/{subject}", "far/{subject}")),
        (
            "a table that leaves the folder",
            "table.toml",
            with(
                HEALTHY,
                &format!(
                    "{HEALTHY}participants = {{ file = \"../../../etc/passwd\", column = \"group\", values = [\"control\"] }}\n"
                ),
            ),
        ),
        ("no labels of a patient", "labels.toml", with("labels/{subject}", "absent/{subject}")),
        ("two scans of one subject", "two.toml", with("sick/{subject}", "*/{subject}")),
        ("all left out", "exclude.toml", with(HEALTHY, &format!("{HEALTHY}exclude = [\"h1\", \"h2\"]\n"))),
        (
            "somebody who is not there",
            "include.toml",
            with(HEALTHY, &format!("{HEALTHY}include = [\"h1\", \"h3\"]\n")),
        ),
        (
            "a column that is not there",
            "column.toml",
            with(
                HEALTHY,
                &format!("{HEALTHY}participants = {{ column = \"groups\", values = [\"control\"] }}\n"),
            ),
        ),
        ("background as lesion", "zero.toml", with(LESIONS, &format!("{LESIONS}lesion_labels = [0, 1]\n"))),
        (
            "a list that is not there",
            "list.toml",
            with(HEALTHY, &format!("{HEALTHY}exclude = \"absent.txt\"\n")),
        ),
    ];
    for (about, name, manifest) in cases {
        kind.file(name, manifest);
        let config = format!("run-{name}");
        kind.file(&config, CONFIG.replace("MANIFEST", name));
        kind.case(about, "", format!("memae preprocess --quiet --config {config}"));
    }
    kind.file("good.toml", &whole);
    kind.file("too-few.toml", CONFIG.replace("MANIFEST", "good.toml").replace("train = 1", "train = 5"));
    kind.case("fewer subjects than asked for", "Study", "memae preprocess --quiet --config too-few.toml");
    kind.file("unknown.toml", CONFIG.replacen("MANIFEST", "camcam", 1).replace("MANIFEST", "good.toml"));
    kind.case("an unknown manifest", "camcam", "memae preprocess --quiet --config unknown.toml");
    kind.file("no-file.toml", CONFIG.replace("MANIFEST", "absent.toml"));
    kind.case("no file", "absent.toml", "memae data check --config no-file.toml");
    kind.file("no-root.toml", CONFIG.replace("MANIFEST", "good.toml").replace("\"data\"", "\"nowhere\""));
    kind.case("no data root", "nowhere", "memae data check --config no-root.toml");
}
