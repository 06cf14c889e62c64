//! Images that cannot be read, or not as what they seem.

use std::fs;

use super::Kind;
use super::bytes::{Nifti, gzip, project};

pub(super) fn make(kind: &mut Kind) {
    of_the_reader(kind);
    headers(kind);
    files(kind);
}

/// The corpus of the reader's own tests.
fn of_the_reader(kind: &mut Kind) {
    let mut files: Vec<_> = fs::read_dir(project("crates/mri-io/tests/corpus")).unwrap().collect();
    files.sort_by_key(|file| file.as_ref().unwrap().file_name());
    for file in files {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        kind.file(&name, fs::read(file.path()).unwrap());
        kind.case(
            "a file of mri-io's corpus",
            &name,
            format!("mri-prep resample {name} out.nii --canonical"),
        );
    }
}

fn headers(kind: &mut Kind) {
    let good = || Nifti::new(8);
    let mut header = |about, name: &str, file: Nifti| {
        kind.file(name, file.0);
        kind.case(about, name, format!("mri-prep check {name}"));
    };
    let magic = good().i8s(344, &[b'x' as i8; 4]);
    header("no magic string", "magic.nii", magic);
    header("no axis", "no-axis.nii", good().dims(&[0]));
    header("a negative length", "negative.nii", good().dims(&[3, -8]));
    header("more voxels than any file", "huge.nii", good().dims(&[3, 32767, 32767, 32767]));
    header("more axes than there are", "nine-axes.nii", good().dims(&[9]));
    header("an affine that is no number", "nan-affine.nii", good().f32s(280, &[f32::NAN]));
    header("an affine without extent", "flat-affine.nii", good().f32s(280, &[0.0; 12]));
    header("a type that does not exist", "type-77.nii", good().kind(77, 32));
    header("complex numbers", "complex-numbers.nii", good().kind(32, 64));
    header("colours", "rgb.nii", good().kind(128, 24));
    header("another number of bits than the type's", "bits.nii", good().kind(16, 8));
    header("voxels before the header's end", "early-voxels.nii", good().f32s(108, &[12.0]));
    header("another length of the header", "length.nii", good().i32s(0, &[349]));
    header("a slope that is not finite", "slope.nii", good().f32s(112, &[f32::INFINITY]));
}

fn files(kind: &mut Kind) {
    let whole = Nifti::new(8).0;
    let packed = gzip(&whole);
    let cases: [(&'static str, &str, Vec<u8>); 10] = [
        ("a header that is cut off", "header-cut.nii", Nifti::new(8).cut(200)),
        ("voxels that are cut off", "voxels-cut.nii", Nifti::new(8).cut(1000)),
        ("gzip that is cut off", "packed-cut.nii.gz", packed[..packed.len() / 2].to_vec()),
        ("gzip with something behind it", "packed-more.nii.gz", [&packed[..], b"something else"].concat()),
        ("gzip with a changed byte", "packed-changed.nii.gz", changed(&packed)),
        ("plain bytes called compressed", "not-packed.nii.gz", whole.clone()),
        ("a file without a byte", "empty-file.nii.gz", Vec::new()),
        ("a text", "text.nii", b"This is a text, and no image.\n".repeat(30)),
        ("a picture", "picture.nii", [b"\x89PNG\r\n\x1a\n", &[7; 400][..]].concat()),
        ("a FreeSurfer volume that is cut off", "short.mgz", gzip(&mgh()[..300])),
    ];
    for (about, name, content) in cases {
        kind.file(name, content);
        kind.case(about, name, format!("mri-prep check {name}"));
    }
    fs::create_dir_all(kind.folder.join("folder.nii")).unwrap();
    kind.case("a folder", "folder.nii", "mri-prep check folder.nii");
    kind.case("no file", "absent.nii", "mri-prep check absent.nii");
    kind.file("alone.hdr", Nifti::new(8).i8s(344, b"ni1\0".map(|byte| byte as i8).as_slice()).cut(348));
    kind.case("a header without its voxels", "alone.img", "mri-prep check alone.hdr");
    kind.file("old.hdr", Nifti::new(8).i8s(344, &[0; 4]).cut(348));
    kind.file("old.img", &whole[352..]);
    kind.case("Analyze 7.5", "old.hdr", "mri-prep info old.hdr");
    kind.case("a text, for the other program", "text.nii", "memae info text.nii");
    kind.case("cut off, to be stripped", "voxels-cut.nii", "mri-prep strip voxels-cut.nii --mask out.nii");
    let line = "mri-prep register packed-cut.nii.gz packed-more.nii.gz --matrix out.txt";
    kind.case("cut off, to be registered", "packed-cut.nii.gz", line);
    let line = "mri-prep resample rgb.nii out.nii --spacing 2 2 2";
    kind.case("colours, to be resampled", "rgb.nii", line);
}

fn changed(packed: &[u8]) -> Vec<u8> {
    let mut changed = packed.to_vec();
    let middle = changed.len() / 2;
    changed[middle] ^= 0x55;
    changed
}

/// The start of an .mgh file of 8 x 8 x 8 bytes.
fn mgh() -> Vec<u8> {
    let mut bytes: Vec<u8> =
        [1_i32, 8, 8, 8, 1, 0, 0].iter().flat_map(|number| number.to_be_bytes()).collect();
    bytes.resize(284 + 512, 0);
    bytes
}
