//! Configurations that cannot be run.

use super::Kind;

const TINY: &str = include_str!("../../tiny.toml");

pub(super) fn make(kind: &mut Kind) {
    let tiny = |from: &str, to: &str| {
        assert!(TINY.contains(from), "{from}");
        TINY.replacen(from, to, 1)
    };
    let cases = [
        ("nothing", "empty.toml", String::new()),
        ("no TOML", "broken.toml", tiny("[train]", "[train")),
        ("an unknown key", "key.toml", tiny("epochs", "epoch")),
        ("an unknown section", "section.toml", tiny("[train]", "[training]")),
        ("a key twice", "twice.toml", tiny("batch = 16", "batch = 16\nbatch = 8")),
        ("another type", "type.toml", tiny("epochs = 1", "epochs = \"one\"")),
        (
            "a number that is too large for its type",
            "large.toml",
            tiny("seed = 1", "seed = 99999999999999999999"),
        ),
        ("a negative count", "negative.toml", tiny("batch = 16", "batch = -16")),
        ("values out of range", "range.toml", tiny("epochs = 1\nbatch = 16", "epochs = 0\nbatch = 0")),
        ("a width that is no number", "nan.toml", tiny("width = 0.0625", "width = nan")),
        ("sides that the network cannot halve", "sides.toml", tiny("[32, 32, 24]", "[33, 32, 24]")),
        ("a name that leaves its folder", "name.toml", tiny("name = \"tiny\"", "name = \"../tiny\"")),
        ("no models", "no-models.toml", tiny("device = \"cpu\"", "device = \"cpu\"\nmodels = []")),
        ("an unknown model", "model.toml", tiny("device = \"cpu\"", "models = [\"gan\"]")),
        ("no reference", "reference.toml", tiny("[model]", "file = \"absent.nii\"\n[model]")),
        (
            "more scans than memory",
            "voxels.toml",
            tiny("shape = [64, 64, 48]", "shape = [99999, 99999, 99999]"),
        ),
        (
            "a folder of label maps that is not there",
            "maps.toml",
            tiny("seed = 1", "seed = 1\nlabel_maps = \"maps\""),
        ),
        ("no data", "no-data.toml", "[run]\nname = \"a\"\n".to_owned()),
    ];
    for (about, name, content) in cases {
        kind.file(name, content);
        let culprit = match name {
            "reference.toml" => "absent.nii",
            "maps.toml" => "maps",
            name => name,
        };
        kind.case(about, culprit, format!("memae run --quiet --config {name}"));
    }
    kind.file("latin1.toml", b"[run]\nname = \"Jos\xe9\"\n");
    kind.case("no UTF-8", "latin1.toml", "memae run --quiet --config latin1.toml");
    kind.case("no file", "absent.toml", "memae train --quiet --config absent.toml");
    kind.case("a folder", "FOLDER", "memae train --quiet --config FOLDER");
}
