//! Transforms that are none.

use super::Kind;
use super::bytes::Nifti;

const IDENTITY: &str = "1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n";
const ITK: &str = "#Insight Transform File V1.0\n#Transform 0\nTransform: AffineTransform_double_3_3\n\
                   Parameters: 1 0 0 0 1 0 0 0 1 0 0 0\nFixedParameters: 0 0 0\n";

pub(super) fn make(kind: &mut Kind) {
    let itk = |from: &str, to: &str| ITK.replace(from, to);
    let cases = [
        ("a text", "text.txt", "turn it a little\n".to_owned()),
        ("an empty file", "empty.txt", String::new()),
        ("a row too few", "rows.txt", IDENTITY[..24].to_owned()),
        ("a number too many", "more.txt", IDENTITY.to_owned() + "1\n"),
        ("no way back", "singular.txt", IDENTITY.replacen("0 1 0 0", "2 0 0 0", 1)),
        ("no number", "nan.txt", IDENTITY.replacen('1', "NaN", 1)),
        ("more than any number", "infinite.txt", IDENTITY.replacen('1', "1e999", 1)),
        ("another last row", "last-row.txt", IDENTITY.replacen("0 0 0 1", "0 0 1 1", 1)),
        ("parameters that are cut off", "cut.tfm", itk(" 0 0 0\nFixed", "\nFixed")),
        ("ITK without parameters", "none.tfm", itk("Parameters: 1 0 0 0 1 0 0 0 1 0 0 0\n", "")),
        ("an unknown kind of ITK's", "spline.tfm", itk("AffineTransform", "BSplineTransform")),
        ("a matrix of FSL without its images", "flirt.mat", IDENTITY.to_owned()),
        ("FreeSurfer's, cut off", "cut.lta", "type      = 1\nnxforms   = 1\nmean      = 0 0 0\n".to_owned()),
    ];
    for (about, name, content) in cases {
        kind.file(name, content);
        kind.case(about, name, format!("mri-prep transform {name} --convert out.txt"));
    }
    kind.file("warp.h5", [b"\x89HDF\r\n\x1a\n", &[0; 40][..]].concat());
    kind.case("HDF5", "warp.h5", "mri-prep transform warp.h5 --convert out.txt");
    kind.file("bytes.mat", (0..=255).collect::<Vec<u8>>());
    kind.case("bytes", "bytes.mat", "mri-prep transform bytes.mat --convert out.txt");
    kind.file("scan.nii", Nifti::new(8).0);
    let line = "mri-prep resample scan.nii out.nii --like scan.nii --matrix singular.txt";
    kind.case("no way back, for a volume", "singular.txt", line);
}
