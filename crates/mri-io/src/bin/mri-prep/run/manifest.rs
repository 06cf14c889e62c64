//! Which scans there are, and where their results go.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use crate::cli::Source;
use crate::steps::about;

/// One scan.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    /// How messages and the page call it; each of a cohort has another.
    pub(crate) name: String,
    pub(crate) scan: PathBuf,
    /// Its brain, where that is known.
    pub(crate) mask: Option<PathBuf>,
    pub(crate) outputs: Outputs,
}

/// The files that one scan's results are written to.
#[derive(Clone, Debug)]
pub(crate) struct Outputs {
    pub(crate) folder: PathBuf,
    /// On the reference's grid.
    pub(crate) brain: PathBuf,
    pub(crate) mask: PathBuf,
    /// On the scan's grid.
    pub(crate) native_mask: PathBuf,
    pub(crate) matrix: PathBuf,
    pub(crate) itk: PathBuf,
    pub(crate) picture: PathBuf,
    pub(crate) thumbnail: PathBuf,
    /// [`super::summary::Summary`]; written last.
    pub(crate) summary: PathBuf,
}

impl Outputs {
    /// Plain names in a folder of the scan's own.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            brain: folder.join("brain.nii.gz"),
            mask: folder.join("mask.nii.gz"),
            native_mask: folder.join("native_mask.nii.gz"),
            matrix: folder.join("transform.txt"),
            itk: folder.join("transform.tfm"),
            picture: folder.join("quality.png"),
            thumbnail: folder.join("thumbnail.png"),
            summary: folder.join("summary.json"),
        }
    }

    /// The names of BIDS derivatives for the scan `ENTITIES_T2w`.
    fn bids(folder: &Path, entities: &str) -> Self {
        let file = |rest: &str| folder.join(format!("{entities}_{rest}"));
        Self {
            folder: folder.to_owned(),
            brain: file("space-reference_desc-brain_T2w.nii.gz"),
            mask: file("space-reference_desc-brain_mask.nii.gz"),
            native_mask: file("desc-brain_mask.nii.gz"),
            matrix: file("from-T2w_to-reference_mode-image_xfm.txt"),
            itk: file("from-T2w_to-reference_mode-image_xfm.tfm"),
            picture: file("desc-quality_T2w.png"),
            thumbnail: file("desc-thumbnail_T2w.png"),
            summary: file("space-reference_desc-brain_T2w.json"),
        }
    }

    pub(crate) fn all_exist(&self) -> bool {
        let files = [
            &self.brain,
            &self.mask,
            &self.native_mask,
            &self.matrix,
            &self.itk,
            &self.picture,
            &self.thumbnail,
        ];
        files.into_iter().all(|file| file.is_file())
    }
}

/// The scans of a cohort, and where what belongs to all of them goes.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) jobs: Vec<Job>,
    /// Where the page of all goes, unless another place is given.
    pub(crate) page: PathBuf,
}

/// Finds the scans of a manifest or a BIDS data set. None for a single scan.
///
/// # Errors
/// If the manifest cannot be understood, or lists nothing.
pub(crate) fn plan(source: &Source) -> Result<Option<Plan>> {
    let plan = if let Some(path) = &source.manifest {
        Plan { jobs: listed(path)?, page: path.with_extension("html") }
    } else if let Some(root) = &source.bids {
        let derivatives = source.derivatives.clone().unwrap_or_else(|| root.join("derivatives/mri-prep"));
        Plan { jobs: in_bids(root, &derivatives)?, page: derivatives.join("quality.html") }
    } else {
        return Ok(None);
    };
    Ok(Some(plan))
}

/// What a line or table of a manifest says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    scan: PathBuf,
    output: PathBuf,
    mask: Option<PathBuf>,
}

/// A TOML manifest.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    scan: Vec<Entry>,
}

/// The scans of a TOML or CSV manifest, whose paths are relative to it.
fn listed(path: &Path) -> Result<Vec<Job>> {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_lowercase();
    let entries = match ending.as_str() {
        "toml" => super::from_toml::<Manifest>(path)?.scan,
        "csv" => from_csv(path)?,
        _ => bail!("{}: a manifest is a .toml or a .csv file", about(path)),
    };
    ensure!(!entries.is_empty(), "{}: the manifest lists no scan", about(path));
    let folder = path.parent().unwrap_or(Path::new(""));
    let last = |entry: &Entry| {
        entry
            .output
            .file_name()
            .map_or_else(|| about(&entry.output), |name| name.to_string_lossy().into_owned())
    };
    let mut uses = HashMap::new();
    for entry in &entries {
        *uses.entry(last(entry)).or_insert(0) += 1;
    }
    let job = |entry: &Entry| Job {
        name: if uses[&last(entry)] == 1 { last(entry) } else { about(&entry.output) },
        scan: folder.join(&entry.scan),
        mask: entry.mask.as_ref().filter(|mask| !mask.as_os_str().is_empty()).map(|mask| folder.join(mask)),
        outputs: Outputs::in_folder(&folder.join(&entry.output)),
    };
    Ok(entries.iter().map(job).collect())
}

fn from_csv(path: &Path) -> Result<Vec<Entry>> {
    let text = fs_err::read_to_string(path)?;
    // Spreadsheets begin their files with a byte order mark.
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let entries = reader.deserialize().collect::<Result<Vec<Entry>, _>>();
    entries.with_context(|| {
        format!(
            "{}: a CSV manifest has the columns scan, output and, where brains are known, mask",
            about(path)
        )
    })
}

/// All T2 scans of a BIDS data set: `sub-*/[ses-*/]anat/*_T2w.nii[.gz]`, sorted.
fn in_bids(root: &Path, derivatives: &Path) -> Result<Vec<Job>> {
    let mut jobs = Vec::new();
    for subject in folders(root, "sub-")? {
        let sessions = folders(&root.join(&subject), "ses-")?;
        let places: Vec<PathBuf> = if sessions.is_empty() {
            vec![Path::new(&subject).join("anat")]
        } else {
            sessions.iter().map(|session| Path::new(&subject).join(session).join("anat")).collect()
        };
        for place in places {
            for file in names(&root.join(&place))? {
                let stem = file.strip_suffix(".nii.gz").or_else(|| file.strip_suffix(".nii"));
                if let Some(entities) = stem.and_then(|stem| stem.strip_suffix("_T2w")) {
                    jobs.push(Job {
                        name: entities.to_owned(),
                        scan: root.join(&place).join(&file),
                        mask: None,
                        outputs: Outputs::bids(&derivatives.join(&place), entities),
                    });
                }
            }
        }
    }
    ensure!(
        !jobs.is_empty(),
        "{}: no scan of the form sub-*/[ses-*/]anat/*_T2w.nii[.gz]: is this the root of a BIDS data set?",
        about(root)
    );
    Ok(jobs)
}

/// Names of the folders in `parent` that begin with `prefix`, sorted.
fn folders(parent: &Path, prefix: &str) -> Result<Vec<String>> {
    let mut names = names(parent)?;
    names.retain(|name| name.starts_with(prefix) && parent.join(name).is_dir());
    Ok(names)
}

/// Names in a folder, sorted; none if it is not there.
fn names(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    if folder.is_dir() {
        for entry in fs_err::read_dir(folder)? {
            names.extend(entry?.file_name().into_string().ok());
        }
    }
    names.sort();
    Ok(names)
}

/// What can be known before hours of work.
///
/// # Errors
/// If a file is not there, or two scans would write to the same place.
pub(super) fn check(jobs: &[Job]) -> Result<()> {
    let mut outputs = HashMap::new();
    for job in jobs {
        if let Some(missing) = std::iter::once(&job.scan).chain(&job.mask).find(|path| !path.exists()) {
            bail!("{}: no such file", about(missing));
        }
        if outputs.insert(&job.outputs.brain, job).is_some() {
            bail!("{}: two scans would write their results here", about(&job.outputs.folder));
        }
    }
    Ok(())
}
