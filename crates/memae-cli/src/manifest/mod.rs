//! Data manifests: what a cohort is, how to get it, and where its files lie below the user's data root.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::pattern::Pattern;

/// Manifests that come with the program, by the name under which a configuration asks for them.
const BUILT_IN: [(&str, &str); 6] = [
    ("synthetic", include_str!("../../../../data-manifests/synthetic.toml")),
    ("camcan", include_str!("../../../../data-manifests/camcan.toml")),
    ("brats2019", include_str!("../../../../data-manifests/brats2019.toml")),
    ("ixi", include_str!("../../../../data-manifests/ixi.toml")),
    ("mslub", include_str!("../../../../data-manifests/mslub.toml")),
    ("open-ms", include_str!("../../../../data-manifests/open-ms.toml")),
];

/// Problems that one error names; the others are counted.
const SHOWN: usize = 10;

/// A data set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// Name for people.
    pub(crate) title: String,
    /// How to obtain it.
    pub(crate) access: String,
    /// Page to obtain it from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
    pub(crate) licence: String,
    pub(crate) citation: String,
    /// Its folder below the data root.
    pub(crate) folder: PathBuf,
    /// Whether the scans come without skull: skull stripping is then skipped.
    pub(crate) skull_stripped: bool,
    /// Its healthy subjects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) healthy: Option<Files>,
    /// Its subjects with lesions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lesions: Option<Files>,
}

/// Where one cohort's files lie, below the data set's folder. `{subject}` stands for the subject's name, `*` for
/// anything within one name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Files {
    /// Number of subjects of the complete data set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) subjects: Option<usize>,
    /// T2 scan.
    pub(crate) scan: String,
    /// Brain mask of the data's owners, used instead of our skull stripping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) mask: Option<String>,
    /// Lesion labels; above 0 is lesion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) segmentation: Option<String>,
    /// True brain mask, by which our skull stripping is scored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) true_mask: Option<String>,
    /// True pose (4x4, reference to scan), by which our registration is scored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) true_pose: Option<String>,
}

/// What lies below a data set's folder.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Complete subjects, sorted by name.
    pub(crate) subjects: Vec<Subject>,
    /// Subjects that lack a file, or are there twice.
    pub(crate) problems: Vec<String>,
}

/// The files of one subject; absolute, or relative to where the program runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Subject {
    pub(crate) name: String,
    pub(crate) scan: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mask: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) segmentation: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) true_mask: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) true_pose: Option<PathBuf>,
}

impl Subject {
    /// All files of the subject.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Path> {
        let others = [&self.mask, &self.segmentation, &self.true_mask, &self.true_pose];
        std::iter::once(self.scan.as_path()).chain(others.into_iter().flatten().map(PathBuf::as_path))
    }
}

impl Manifest {
    /// A built-in manifest by name, or one of the user's by the path of its `.toml` file.
    ///
    /// # Errors
    /// If there is no such manifest, or the file is no manifest.
    pub(crate) fn load(name: &str) -> Result<Self> {
        if let Some((_, text)) = BUILT_IN.iter().find(|(known, _)| *known == name) {
            return toml::from_str(text).with_context(|| format!("built-in manifest {name}"));
        }
        if !Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml")) {
            let known: Vec<_> = BUILT_IN.iter().map(|(known, _)| *known).collect();
            bail!("there is no manifest `{name}`: name one of {}, or a .toml file", known.join(", "));
        }
        let text = fs_err::read_to_string(name)?;
        let manifest: Self = toml::from_str(&text).with_context(|| name.to_owned())?;
        for files in manifest.healthy.iter().chain(&manifest.lesions) {
            Pattern::new(&files.scan).with_context(|| name.to_owned())?;
        }
        Ok(manifest)
    }

    /// All that come with the program, with their names.
    pub(crate) fn built_in() -> Result<Vec<(&'static str, Self)>> {
        BUILT_IN.iter().map(|(name, _)| Ok((*name, Self::load(name)?))).collect()
    }

    /// The subjects below `root`, sorted by name, all of them complete.
    ///
    /// # Errors
    /// If there are none (the error says what to obtain and where to put it), if a name appears twice, or if
    /// subjects lack a file that the manifest promises.
    pub(crate) fn subjects(&self, files: &Files, root: &Path) -> Result<Vec<Subject>> {
        let Found { subjects, problems } = self.find(files, root)?;
        if !problems.is_empty() {
            let shown = problems.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("\n");
            let more = problems.len().saturating_sub(SHOWN);
            bail!("{shown}{}", if more > 0 { format!("\nand {more} more") } else { String::new() });
        }
        Ok(subjects)
    }

    /// The subjects below `root`, sorted by name, and what is wrong with others.
    ///
    /// # Errors
    /// If there is no scan at all; the error says what to obtain and where to put it.
    pub(crate) fn find(&self, files: &Files, root: &Path) -> Result<Found> {
        let folder = root.join(&self.folder);
        let scans = Pattern::new(&files.scan)?.find(&folder)?;
        if scans.is_empty() {
            bail!("{}", self.how_to_obtain(files, root));
        }
        let mut found = Found::default();
        for pair in scans.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
            let [first, second] = [&pair[0].1, &pair[1].1].map(|path| path.display());
            found
                .problems
                .push(format!("subject {} of {} has two scans: {first} and {second}", pair[0].0, self.title));
        }
        for (name, scan) in scans {
            match self.complete(files, &folder, name, scan) {
                Ok(subject) => found.subjects.push(subject),
                Err(problem) => found.problems.push(problem.to_string()),
            }
        }
        Ok(found)
    }

    /// A subject with all the files that the manifest promises.
    fn complete(&self, files: &Files, folder: &Path, name: String, scan: PathBuf) -> Result<Subject> {
        let with = |pattern: &Option<String>, what: &str| {
            let Some(pattern) = pattern else { return Ok(None) };
            Pattern::new(pattern)?.of_subject(folder, &name)?.map(Some).with_context(|| {
                let pattern = folder.join(pattern.replace("{subject}", &name));
                format!(
                    "subject {name} of {} has no {what}: {} does not exist",
                    self.title,
                    pattern.display()
                )
            })
        };
        Ok(Subject {
            mask: with(&files.mask, "brain mask")?,
            segmentation: with(&files.segmentation, "segmentation")?,
            true_mask: with(&files.true_mask, "true brain mask")?,
            true_pose: with(&files.true_pose, "true pose")?,
            name,
            scan,
        })
    }

    /// Where the data comes from and where it has to lie.
    pub(crate) fn how_to_obtain(&self, files: &Files, root: &Path) -> String {
        let folder = root.join(&self.folder);
        let mut lines = vec![
            format!("no scan of {} in {}", self.title, folder.display()),
            format!("  what to obtain  {}", self.access),
        ];
        lines.extend(self.url.iter().map(|url| format!("  from            {url}")));
        lines.push(format!("  licence         {}", self.licence));
        lines.extend(files.subjects.map(|number| format!("  subjects        {number}")));
        lines.push(format!("  put it so that  {}", folder.join(&files.scan).display()));
        lines.extend(
            files.segmentation.iter().map(|s| format!("  and             {}", folder.join(s).display())),
        );
        lines.push(
            "  exist ({subject} is the subject's name, * anything); --data-root, or root in [data], names another root".into(),
        );
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(path: &Path) {
        crate::files::write(path, b"").unwrap();
    }

    #[test]
    fn built_in_manifests_parse_and_name_a_cohort() {
        for (name, _) in BUILT_IN {
            let manifest = Manifest::load(name).unwrap();
            assert!(manifest.healthy.is_some() || manifest.lesions.is_some(), "{name}");
            for files in manifest.healthy.iter().chain(&manifest.lesions) {
                Pattern::new(&files.scan).unwrap();
            }
            assert!(manifest.lesions.is_none_or(|files| files.segmentation.is_some()), "{name}");
        }
    }

    #[test]
    fn subjects_are_found_and_sorted() {
        let root = tempfile::tempdir().unwrap();
        let data = root.path().join("MICCAI_BraTS_2019_Data_Training");
        for (grade, name) in [("LGG", "BraTS19_B"), ("HGG", "BraTS19_C"), ("HGG", "BraTS19_A")] {
            for kind in ["t2", "seg", "t1"] {
                touch(&data.join(grade).join(name).join(format!("{name}_{kind}.nii.gz")));
            }
        }
        let manifest = Manifest::load("brats2019").unwrap();
        let subjects = manifest.subjects(manifest.lesions.as_ref().unwrap(), root.path()).unwrap();
        let names: Vec<_> = subjects.iter().map(|subject| subject.name.as_str()).collect();
        assert_eq!(names, ["BraTS19_A", "BraTS19_B", "BraTS19_C"]);
        let expected = data.join("LGG/BraTS19_B/BraTS19_B_seg.nii.gz");
        assert_eq!(subjects[1].segmentation.as_deref(), Some(expected.as_path()));
        assert_eq!(subjects[0].files().count(), 2);
    }

    #[test]
    fn a_missing_segmentation_names_subject_and_file() {
        let root = tempfile::tempdir().unwrap();
        touch(&root.path().join("MICCAI_BraTS_2019_Data_Training/HGG/X/X_t2.nii.gz"));
        let manifest = Manifest::load("brats2019").unwrap();
        let error =
            manifest.subjects(manifest.lesions.as_ref().unwrap(), root.path()).unwrap_err().to_string();
        assert!(error.contains("subject X") && error.contains("X_seg.nii.gz"), "{error}");
    }

    #[test]
    fn absent_data_is_explained() {
        let root = tempfile::tempdir().unwrap();
        let manifest = Manifest::load("camcan").unwrap();
        let error =
            manifest.subjects(manifest.healthy.as_ref().unwrap(), root.path()).unwrap_err().to_string();
        for needed in ["Cam-CAN", "https://", "653", "{subject}_T2w.nii.gz", "camcan"] {
            assert!(error.contains(needed), "{needed}: {error}");
        }
    }

    #[test]
    fn unknown_manifests_are_refused_with_the_known_ones() {
        let error = Manifest::load("cam-can").unwrap_err().to_string();
        assert!(error.contains("camcan") && error.contains(".toml"), "{error}");
    }
}
