//! Lists of scans that cannot be followed.

use super::Kind;
use super::bytes::Nifti;

pub(super) fn make(kind: &mut Kind) {
    kind.file("a.nii", Nifti::new(8).0);
    kind.file("b.nii", Nifti::new(8).0);
    let cases = [
        ("no column of scans", "column.csv", "file,output\na.nii,out\n"),
        ("a misspelt column", "misspelt.csv", "scan,outputs\na.nii,out\n"),
        ("no line", "header-only.csv", "scan,output\n"),
        ("nothing", "empty.csv", ""),
        ("semicolons", "semicolons.csv", "scan;output\na.nii;out\n"),
        ("a line with too many fields", "fields.csv", "scan,output\na.nii,out,more,and more\n"),
        ("a quote that is never closed", "quote.csv", "scan,output\n\"a.nii,out\nb.nii,out2\n"),
        ("one folder for two scans", "duplicate.csv", "scan,output\na.nii,out\nb.nii,out\n"),
        ("one column twice", "twice.csv", "scan,scan,output\na.nii,b.nii,out\n"),
        ("a scan that is not there", "absent.csv", "scan,output\nc.nii,out\n"),
        ("no folder for the results", "no-output.csv", "scan\na.nii\n"),
        ("a line without a scan", "gap.csv", "scan,output\n,out\n"),
        ("no TOML", "broken.toml", "[[scan]]\nscan = a.nii\n"),
        ("an unknown key", "key.toml", "[[scan]]\nscan = 'a.nii'\noutputs = 'out'\n"),
        ("another type", "type.toml", "[[scan]]\nscan = 3\n"),
        ("a text file", "list.txt", "a.nii\n"),
        ("the scan as its own other contrast", "itself.csv", "scan,output,also\na.nii,out,a.nii\n"),
    ];
    for (about, name, content) in cases {
        kind.file(name, content);
        // What is missing is named itself.
        let culprit = match name {
            "absent.csv" => "c.nii",
            "duplicate.csv" => "out",
            "itself.csv" => "a.nii",
            name => name,
        };
        kind.case(about, culprit, format!("mri-prep run --manifest {name}"));
    }
    kind.file("latin1.csv", b"scan,output\nJos\xe9.nii,out\n");
    kind.case("no UTF-8", "latin1.csv", "mri-prep run --manifest latin1.csv");
    kind.case("for the other program", "misspelt.csv", "memae detect misspelt.csv --out found");
    kind.case(
        "a scan that is not there, for the other program",
        "c.nii",
        "memae detect absent.csv --out found",
    );
}
