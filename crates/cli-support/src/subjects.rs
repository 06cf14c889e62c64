//! Which of a data set's subjects belong to a cohort: by lists, and by the table of participants.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::spelling;

/// Names that one message shows; the others are counted.
pub const SHOWN: usize = 10;

/// Names of subjects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a list of subjects, or the path of a text file with one a line")]
pub enum Names {
    /// Themselves.
    Listed(Vec<String>),
    /// A text file with one name a line; what follows a `#` is a comment.
    File(PathBuf),
}

impl Names {
    /// From the command line: the path of one file that is there, or names.
    pub fn from_arguments(arguments: &[String]) -> Self {
        match arguments {
            [one] if Path::new(one).is_file() => Self::File(one.into()),
            names => Self::Listed(names.to_vec()),
        }
    }

    /// The path of the file, if they are in one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Listed(_) => None,
        }
    }

    /// With the path of a file as the caller can open it.
    #[must_use]
    pub fn beside(self, manifest: &Path) -> Self {
        match self {
            Self::File(file) => Self::File(manifest.with_file_name("").join(file)),
            listed @ Self::Listed(_) => listed,
        }
    }

    fn read(&self) -> Result<BTreeSet<String>> {
        Ok(match self {
            Self::Listed(names) => names.iter().map(|name| bare(name).to_owned()).collect(),
            Self::File(path) => {
                let text = fs_err::read_to_string(path)?;
                let names = text
                    .trim_start_matches('\u{feff}')
                    .lines()
                    .map(|line| line.split_once('#').map_or(line, |(name, _)| name).trim());
                names.filter(|name| !name.is_empty()).map(|name| bare(name).to_owned()).collect()
            }
        })
    }
}

/// Rows of the table of participants, by a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Participants {
    /// Tab-separated, below the data set's folder.
    #[serde(default = "participants_tsv")]
    file: PathBuf,
    column: String,
    /// Values of the column that belong to the cohort.
    pub values: Vec<String>,
}

fn participants_tsv() -> PathBuf {
    "participants.tsv".into()
}

/// The conditions of a cohort, read.
#[derive(Debug, Default)]
pub struct Choice {
    include: Option<BTreeSet<String>>,
    exclude: BTreeSet<String>,
    /// All rows of the table, and those that belong to the cohort.
    participants: Option<[BTreeSet<String>; 2]>,
}

impl Choice {
    /// Reads the conditions of a cohort; `folder` is the data set's, which holds the table of participants.
    ///
    /// # Errors
    /// If a list or the table cannot be read, or no row of the table has one of the values.
    pub fn read(
        include: Option<&Names>,
        exclude: Option<&Names>,
        participants: Option<&Participants>,
        folder: &Path,
    ) -> Result<Self> {
        Ok(Self {
            include: include.map(Names::read).transpose().context("the list of `include`")?,
            exclude: exclude
                .map(Names::read)
                .transpose()
                .context("the list of `exclude`")?
                .unwrap_or_default(),
            participants: participants.map(|table| table.read(folder)).transpose()?,
        })
    }

    /// Whether the subject belongs to the cohort.
    pub fn has(&self, subject: &str) -> bool {
        let subject = bare(subject);
        self.include.as_ref().is_none_or(|include| include.contains(subject))
            && !self.exclude.contains(subject)
            && self.participants.as_ref().is_none_or(|[_, chosen]| chosen.contains(subject))
    }

    /// Subjects that are asked for by name, and are not among those with a scan.
    pub fn missing(&self, with_scan: &BTreeSet<&str>) -> Vec<String> {
        let asked = self.include.iter().flatten().filter(|name| self.has(name));
        asked.filter(|name| !with_scan.contains(name.as_str())).cloned().collect()
    }

    /// What else has to be said about these subjects: `with_scan`, bare names of those that have a scan.
    pub fn remarks(&self, with_scan: &BTreeSet<&str>) -> Vec<String> {
        let mut remarks = Vec::new();
        let unknown: Vec<&str> =
            self.exclude.iter().map(String::as_str).filter(|name| !with_scan.contains(name)).collect();
        if !unknown.is_empty() {
            remarks.push(format!(
                "`exclude` names {} without a scan: {}",
                subjects(unknown.len()),
                some_of(&unknown)
            ));
        }
        if let Some([all, chosen]) = &self.participants {
            let unlisted: Vec<&str> = with_scan.iter().copied().filter(|name| !all.contains(*name)).collect();
            if !unlisted.is_empty() {
                remarks.push(format!(
                    "the table of participants lacks {}, left out: {}",
                    subjects(unlisted.len()),
                    some_of(&unlisted)
                ));
            }
            let absent: Vec<&str> = chosen
                .iter()
                .map(String::as_str)
                .filter(|name| self.has(name) && !with_scan.contains(name))
                .collect();
            if !absent.is_empty() {
                remarks.push(format!(
                    "{} of the table of participants without a scan: {}",
                    subjects(absent.len()),
                    some_of(&absent)
                ));
            }
        }
        remarks
    }
}

impl FromStr for Participants {
    type Err = String;

    /// `COLUMN=VALUE[,VALUE...]` of `participants.tsv`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (column, values) = text.split_once('=').unwrap_or((text, ""));
        let values: Vec<String> = values.split(',').map(str::trim).map(ToOwned::to_owned).collect();
        if column.trim().is_empty() || values.iter().any(String::is_empty) {
            return Err(
                "write a column of participants.tsv and its values, as in group=control,patient".to_owned()
            );
        }
        Ok(Self { file: participants_tsv(), column: column.trim().to_owned(), values })
    }
}

impl Participants {
    /// Path of the table below the data set's folder.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// All subjects of the table, and those with one of the values.
    fn read(&self, folder: &Path) -> Result<[BTreeSet<String>; 2]> {
        let path = folder.join(&self.file);
        let about = || path.display().to_string();
        let text = fs_err::read_to_string(&path).context("the table of `participants`")?;
        let mut table = csv::ReaderBuilder::new()
            .delimiter(b'\t')
            .quoting(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let columns: Vec<String> =
            table.headers().with_context(about)?.iter().map(ToOwned::to_owned).collect();
        let place = |name: &str| columns.iter().position(|column| column == name);
        let Some(column) = place(&self.column) else {
            bail!(
                "{}: there is no column `{}`{}; the columns are {}",
                about(),
                self.column,
                spelling::did_you_mean(&self.column, &columns),
                some_of(&columns)
            );
        };
        let id = place("participant_id").unwrap_or(0);
        let (mut all, mut chosen, mut values) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for row in table.records() {
            let row = row.with_context(about)?;
            let (Some(subject), Some(value)) = (row.get(id), row.get(column)) else { continue };
            if self.values.iter().any(|wanted| wanted == value) {
                chosen.insert(bare(subject).to_owned());
            }
            all.insert(bare(subject).to_owned());
            values.insert(value.to_owned());
        }
        if chosen.is_empty() {
            let values: Vec<String> = values.into_iter().collect();
            bail!(
                "{}: no row has {} in column `{}`; its values are {}",
                about(),
                self.values.join(" or "),
                self.column,
                some_of(&values)
            );
        }
        Ok([all, chosen])
    }
}

/// A subject's name without the `sub-` of BIDS: lists and tables have it or have it not.
pub fn bare(name: &str) -> &str {
    name.strip_prefix("sub-").unwrap_or(name)
}

/// `1 subject`, `2 subjects`.
pub fn subjects(count: usize) -> String {
    format!("{count} {}", if count == 1 { "subject" } else { "subjects" })
}

/// Fails with the first of some problems, and how many more there are.
///
/// # Errors
/// If there is a problem.
pub fn none_of(problems: &[String]) -> Result<()> {
    let more = problems.len().saturating_sub(SHOWN);
    let rest = if more > 0 { format!("\nand {more} more") } else { String::new() };
    ensure!(problems.is_empty(), "{}{rest}", problems[..problems.len() - more].join("\n"));
    Ok(())
}

/// At most this many of the names, and how many more there are.
pub fn some_of<T: AsRef<str>>(names: &[T]) -> String {
    let shown = names.iter().take(SHOWN).map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
