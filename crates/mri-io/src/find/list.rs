//! Lists of scans.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::strip::Skull;
use crate::{Error, Result};

/// A scan of a list. Paths are as the caller can open them, no longer relative to the list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedScan {
    /// The file.
    pub scan: PathBuf,
    /// Its brain, where that is known.
    pub mask: Option<PathBuf>,
    /// Whether it has a skull, where the list says so.
    pub skull: Option<Skull>,
    /// Folder for its results, where the list names one.
    pub output: Option<PathBuf>,
    /// Other contrasts of its session.
    #[serde(default)]
    pub also: Vec<PathBuf>,
}

/// A line of a CSV file.
#[derive(Deserialize)]
struct Line {
    scan: PathBuf,
    mask: Option<PathBuf>,
    skull: Option<Skull>,
    output: Option<PathBuf>,
    also: Option<String>,
}

/// What a list may say of a scan.
const COLUMNS: &str = "the columns are `scan` and, where wanted, `mask`, `skull`, `output` and `also`";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    #[serde(default)]
    scan: Vec<ListedScan>,
}

/// Reads a list of scans: a CSV file with a column `scan` and, where wanted, `mask`, `skull` (`guess`, `remove` or `keep`),
/// `output` and `also` (of several paths with `;` between them); or a TOML file with a table `[[scan]]` of these keys for each,
/// `also` with a list. Paths are relative to the file; an empty field is as none.
///
/// Other columns are refused: a misspelt `mask` would otherwise go unnoticed.
///
/// # Errors
/// If the file cannot be read or understood, or lists no scan.
pub fn read_scan_list(path: impl AsRef<Path>) -> Result<Vec<ListedScan>> {
    let path = path.as_ref();
    let wrong = |reason: String| Error::List { path: path.to_owned(), reason };
    let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
    let parse = match ending.to_str() {
        Some("csv") => from_csv,
        Some("toml") => from_toml,
        _ => return Err(wrong("a list of scans is a .csv or .toml file".to_owned())),
    };
    let text = std::fs::read_to_string(path).map_err(|cause| Error::io(path, cause))?;
    // Spreadsheets begin their files with a byte order mark.
    let listed = parse(text.trim_start_matches('\u{feff}')).map_err(wrong)?;
    if listed.is_empty() {
        return Err(wrong("lists no scan".to_owned()));
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let known = |other: Option<PathBuf>| {
        other.filter(|path| !path.as_os_str().is_empty()).map(|path| folder.join(path))
    };
    let placed = listed.into_iter().map(|ListedScan { scan, mask, skull, output, also }| {
        if scan.as_os_str().is_empty() {
            return Err(wrong("a line names no scan".to_owned()));
        }
        let also = also.into_iter().filter_map(|path| known(Some(path))).collect();
        Ok(ListedScan { scan: folder.join(scan), mask: known(mask), skull, output: known(output), also })
    });
    placed.collect()
}

fn from_csv(text: &str) -> Result<Vec<ListedScan>, String> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let known = ["scan", "mask", "skull", "output", "also"];
    let header = reader.headers().map_err(|cause| cause.to_string())?.clone();
    if let Some(odd) = header.iter().find(|column| !known.contains(&column.trim_start_matches('\u{feff}'))) {
        let why = if odd.contains([';', '\t']) { ": separate columns by commas" } else { "" };
        return Err(format!("line 1 has the column `{odd}`{why}; {COLUMNS}"));
    }
    let scan = |Line { scan, mask, skull, output, also }: Line| {
        let also = also.iter().flat_map(|paths| paths.split(';')).map(|path| path.trim().into()).collect();
        ListedScan { scan, mask, skull, output, also }
    };
    let lines = reader.deserialize().map(|line| line.map(scan)).collect::<Result<_, _>>();
    lines.map_err(|cause: csv::Error| format!("{cause}; {COLUMNS}"))
}

fn from_toml(text: &str) -> Result<Vec<ListedScan>, String> {
    let tables: Tables = toml::from_str(text).map_err(|cause| cause.to_string())?;
    Ok(tables.scan)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a list of this name and content is read as, with paths relative to its folder.
    fn read(name: &str, content: &str) -> Result<Vec<[Option<String>; 4]>> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        std::fs::write(&file, content).unwrap();
        let relative = |path: &PathBuf| path.strip_prefix(&folder).unwrap().display().to_string();
        let row = |ListedScan { scan, mask, output, also, .. }: &ListedScan| {
            let also: Vec<String> = also.iter().map(relative).collect();
            let also = Some(also.join(" ")).filter(|also| !also.is_empty());
            [Some(relative(scan)), mask.as_ref().map(relative), output.as_ref().map(relative), also]
        };
        read_scan_list(file).map(|scans| scans.iter().map(row).collect())
    }

    #[test]
    fn csv_and_toml_say_the_same() {
        let some = |text: &str| Some(text.to_owned());
        let expected = vec![
            [some("a.nii"), None, some("out/a"), some("t1.nii flair.nii")],
            [some("b.nii"), some("b_mask.nii"), None, None],
        ];
        let csv =
            "\u{feff}mask,scan,output,also\r\n,a.nii,out/a,t1.nii; flair.nii;\r\n b_mask.nii, b.nii ,,\r\n";
        assert_eq!(read("scans.CSV", csv).unwrap(), expected);
        let toml = "[[scan]]\nscan = 'a.nii'\noutput = 'out/a'\nalso = ['t1.nii', 'flair.nii']\n[[scan]]\nscan = 'b.nii'\nmask = 'b_mask.nii'\n";
        assert_eq!(read("scans.toml", toml).unwrap(), expected);
        assert_eq!(read("short.csv", "scan\na.nii\n").unwrap(), [[some("a.nii"), None, None, None]]);
    }

    #[test]
    fn a_list_says_which_scans_have_skulls() {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in [
            ("scans.csv", "scan,skull\na.nii,keep\nb.nii,\n"),
            ("scans.toml", "[[scan]]\nscan = 'a.nii'\nskull = 'keep'\n[[scan]]\nscan = 'b.nii'\n"),
        ] {
            let file = folder.path().join(name);
            std::fs::write(&file, content).unwrap();
            let skulls: Vec<Option<Skull>> =
                read_scan_list(file).unwrap().iter().map(|scan| scan.skull).collect();
            assert_eq!(skulls, [Some(Skull::Keep), None], "{name}");
        }
    }

    #[test]
    fn lists_that_cannot_be_understood_are_refused_by_name() {
        for (name, content, says) in [
            ("empty.csv", "scan,mask\n", "lists no scan"),
            ("empty.toml", "", "lists no scan"),
            ("other.csv", "file\na.nii\n", "the columns are `scan`"),
            ("misspelt.csv", "scan,masks\na.nii,b.nii\n", "masks"),
            ("misspelt.toml", "[[scan]]\nscan = 'a.nii'\nmasks = 'b.nii'\n", "masks"),
            ("skull.csv", "scan,skull\na.nii,none\n", "keep"),
            ("gap.csv", "scan,mask\n,b.nii\n", "names no scan"),
            ("scans.txt", "a.nii\n", ".csv or .toml"),
        ] {
            let error = read(name, content).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains(says), "{error}");
        }
    }
}
