//! Checkpoints and packages that lie.

use serde_json::{Value, json};

use super::Kind;
use super::bytes::{Nifti, Tensors};

pub(super) fn make(kind: &mut Kind) {
    let package = Tensors::package();
    let whole = package.bytes();
    let checkpoint = package.told(|told| drop(told.as_object_mut().unwrap().remove("attached")));
    let first = tensor(&package, |name| !name.starts_with("attached") && name.contains("weight"));
    let header = |change: &dyn Fn(&mut Value)| {
        let mut changed = package.clone();
        change(&mut changed.header);
        changed.bytes()
    };
    let told = |change: fn(&mut Value)| package.told(change).bytes();
    let mut short = whole.clone();
    short[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    let cases: [(&'static str, &str, Vec<u8>); 20] = [
        ("nothing", "empty.safetensors", Vec::new()),
        ("a text", "text.safetensors", b"These are the weights.".to_vec()),
        ("a header that is cut off", "header-cut.safetensors", whole[..100].to_vec()),
        ("weights that are cut off", "cut.safetensors", whole[..whole.len() - 1000].to_vec()),
        ("something behind the weights", "more.safetensors", [&whole[..], b"more"].concat()),
        ("a header of 16 exabytes", "length.safetensors", short),
        (
            "no metadata",
            "no-metadata.safetensors",
            header(&|header| drop(map(header).remove("__metadata__"))),
        ),
        ("a tensor of another shape", "shape.safetensors", header(&|header| turned(&mut header[&first]))),
        (
            "a tensor beyond the file",
            "beyond.safetensors",
            header(&|header| {
                header[&first]["data_offsets"] = json!([0, u64::MAX]);
            }),
        ),
        (
            "a shape that overflows",
            "overflow.safetensors",
            header(&|header| {
                header[&first]["shape"] = json!([u64::MAX, u64::MAX, 2, 2]);
            }),
        ),
        (
            "a tensor that is not there",
            "missing.safetensors",
            header(&|header| {
                let tensor = map(header).remove(&first).unwrap();
                header["another"] = tensor;
            }),
        ),
        ("another model", "kind.safetensors", told(|told| told["kind"] = json!("gan"))),
        (
            "a network larger than the file",
            "items.safetensors",
            told(|told| {
                told["model"]["memory"]["items"] = json!(900_000);
            }),
        ),
        ("channels without end", "width.safetensors", told(|told| told["model"]["width"] = json!(1e12))),
        (
            "slices larger than any",
            "sides.safetensors",
            told(|told| {
                told["sides"] = json!([1_u64 << 40, 1_u64 << 40]);
            }),
        ),
        ("another version", "format.safetensors", told(|told| told["attached"]["format"] = json!(9))),
        (
            "no calibration",
            "calibration.safetensors",
            told(|told| {
                map(&mut told["attached"]).remove("calibration");
            }),
        ),
        ("no note", "checkpoint.safetensors", checkpoint.bytes()),
        ("a reference that is missing", "reference.safetensors", renamed(&package, "attached.other")),
        (
            "a name that leads out of the folder",
            "name.safetensors",
            renamed(&package, "attached.../../out.nii.gz"),
        ),
    ];
    for (about, name, content) in cases {
        kind.file(name, content);
        kind.case(about, name, format!("memae detect scan.nii --model {name} --out found"));
    }
    kind.file("scan.nii", Nifti::new(8).0);
    for name in ["cut", "items"] {
        let name = format!("{name}.safetensors");
        kind.case("for another command", &name, format!("memae info {name}"));
    }
    kind.case("for another command", "shape", "memae export shape.safetensors --out model.pt");
    kind.case("a folder", "FOLDER", "memae detect scan.nii --model FOLDER --out found");
    kind.case("no file", "absent", "memae detect scan.nii --model absent.safetensors --out found");
}

fn map(value: &mut Value) -> &mut serde_json::Map<String, Value> {
    value.as_object_mut().unwrap()
}

/// The name of the first tensor that fits.
fn tensor(package: &Tensors, fits: impl Fn(&str) -> bool) -> String {
    let names = package.header.as_object().unwrap().keys();
    names.into_iter().find(|name| fits(name)).unwrap().clone()
}

/// The shape the other way round: as many values in another order.
fn turned(tensor: &mut Value) {
    tensor["shape"].as_array_mut().unwrap().reverse();
}

/// The package with another name for its reference.
fn renamed(package: &Tensors, name: &str) -> Vec<u8> {
    let mut changed = package.clone();
    let reference = tensor(package, |name| name.starts_with("attached.reference"));
    let tensor = map(&mut changed.header).remove(&reference).unwrap();
    changed.header[name] = tensor;
    changed.bytes()
}
