//! Data manifests: what a cohort is, how to get it, and where its files lie below the user's data root.

mod find;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use cli_support::spelling;
use cli_support::subjects::{Names, Participants};
use serde::{Deserialize, Serialize};

use crate::data::border::is_below;
use crate::data::pattern::Pattern;
pub(crate) use find::{Found, Subject};

/// Manifests that come with the program, by the name under which a configuration asks for them.
const BUILT_IN: [(&str, &str); 6] = [
    ("synthetic", include_str!("../../../../../data-manifests/synthetic.toml")),
    ("camcan", include_str!("../../../../../data-manifests/camcan.toml")),
    ("brats2019", include_str!("../../../../../data-manifests/brats2019.toml")),
    ("ixi", include_str!("../../../../../data-manifests/ixi.toml")),
    ("mslub", include_str!("../../../../../data-manifests/mslub.toml")),
    ("open-ms", include_str!("../../../../../data-manifests/open-ms.toml")),
];

/// Stands for the suffix in patterns.
const SUFFIX: &str = "{suffix}";

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

/// One cohort: where its files lie, below the data set's folder, and which subjects belong to it. `{subject}` stands for the
/// subject's name, `*` for anything within one name, `{suffix}` for the suffix. Files may be compressed or not, whatever the
/// pattern says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Files {
    /// Number of subjects of the complete data set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) subjects: Option<usize>,
    /// Contrast by its suffix in BIDS, e.g. `T2w` (which it is if not given), `T1w`, `FLAIR`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) suffix: Option<String>,
    /// T2 scan, or scan of the suffix.
    pub(crate) scan: String,
    /// Brain mask of the data's owners, used instead of our skull stripping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) mask: Option<String>,
    /// Lesion labels; above 0 is lesion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) segmentation: Option<String>,
    /// Labels that are lesion, where others than 0 are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lesion_labels: Option<Vec<u16>>,
    /// True brain mask, by which our skull stripping is scored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) true_mask: Option<String>,
    /// True pose (4x4, reference to scan), by which our registration is scored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) true_pose: Option<String>,
    /// Only these subjects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) include: Option<Names>,
    /// Not these subjects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) exclude: Option<Names>,
    /// Only the subjects of these rows of the table of participants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) participants: Option<Participants>,
    /// A list of subjects that does not lie in the manifest's folder.
    #[serde(skip)]
    pub(crate) far_list: Option<PathBuf>,
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
        if !Self::is_file(name) {
            let known: Vec<_> = BUILT_IN.iter().map(|(known, _)| *known).collect();
            bail!(
                "there is no manifest `{name}`{}; name one of {}, or a .toml file",
                spelling::did_you_mean(name, &known),
                known.join(", ")
            );
        }
        let path = Path::new(name);
        let text = fs_err::read_to_string(path).context("the manifest")?;
        let mut manifest: Self = toml::from_str(&text)
            .map_err(|error| anyhow::anyhow!("{name}: {}", spelling::explain(&error)))?;
        for (group, files) in [("healthy", &mut manifest.healthy), ("lesions", &mut manifest.lesions)] {
            if let Some(files) = files {
                files.resolve(path).with_context(|| format!("{name}: [{group}]"))?;
            }
        }
        Ok(manifest)
    }

    /// Whether a name in a configuration is the path of a manifest.
    pub(crate) fn is_file(name: &str) -> bool {
        Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
    }

    /// What determines how the subjects' files are preprocessed: all but which of them belong to the cohorts.
    pub(crate) fn without_choice(&self) -> Self {
        let mut manifest = self.clone();
        for files in [&mut manifest.healthy, &mut manifest.lesions].into_iter().flatten() {
            (files.include, files.exclude, files.participants) = (None, None, None);
        }
        manifest
    }

    /// All that come with the program, with their names.
    pub(crate) fn built_in() -> Result<Vec<(&'static str, Self)>> {
        BUILT_IN.iter().map(|(name, _)| Ok((*name, Self::load(name)?))).collect()
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

impl Files {
    /// Puts the suffix where it belongs, finds lists beside the manifest, and checks all that can be known without the data.
    fn resolve(&mut self, manifest: &Path) -> Result<()> {
        let Self { suffix, scan, mask, segmentation, true_mask, true_pose, .. } = self;
        for pattern in [mask, segmentation, true_mask, true_pose].into_iter().flatten().chain([scan]) {
            if pattern.contains(SUFFIX) {
                let suffix = suffix.as_deref();
                *pattern =
                    pattern.replace(SUFFIX, suffix.with_context(|| format!("`{pattern}` needs a `suffix`"))?);
            }
            Pattern::new(pattern)?;
        }
        let lists = [&self.include, &self.exclude].into_iter().flatten();
        self.far_list = lists.filter_map(Names::file).find(|file| !is_below(file)).map(Path::to_owned);
        for names in [&mut self.include, &mut self.exclude] {
            *names = names.take().map(|names| names.beside(manifest));
        }
        ensure!(
            self.lesion_labels.as_ref().is_none_or(|labels| !labels.is_empty() && !labels.contains(&0)),
            "`lesion_labels` lists the labels that are lesion, at least one, and 0 is background"
        );
        ensure!(
            self.participants.as_ref().is_none_or(|table| !table.values.is_empty()),
            "`participants` has no `values`, which say whose rows are taken"
        );
        Ok(())
    }

    /// Whether the scans are said to be another contrast than T2.
    pub(crate) fn is_other_contrast(&self) -> bool {
        self.suffix.as_deref().is_some_and(|suffix| !suffix.starts_with("T2"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn unknown_manifests_are_refused_with_the_known_ones() {
        let error = Manifest::load("cam-can").unwrap_err().to_string();
        assert!(error.contains("did you mean `camcan`") && error.contains(".toml"), "{error}");
    }

    fn load(text: &str) -> Result<Manifest> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("study.toml");
        let head = "title = 't'\naccess = 'a'\nlicence = 'l'\ncitation = 'c'\nfolder = 'f'\nskull_stripped = false\n";
        cli_support::files::write(&file, format!("{head}[lesions]\n{text}").as_bytes()).unwrap();
        Manifest::load(file.to_str().unwrap())
    }

    #[test]
    fn the_suffix_stands_in_all_patterns() {
        let text =
            "suffix = 'FLAIR'\nscan = '{subject}/{subject}_{suffix}.nii'\nmask = 'm/{subject}_{suffix}.nii'";
        let files = load(text).unwrap().lesions.unwrap();
        assert_eq!(
            (files.scan.as_str(), files.mask.as_deref()),
            ("{subject}/{subject}_FLAIR.nii", Some("m/{subject}_FLAIR.nii"))
        );
        assert!(files.is_other_contrast());
        let plain = load("scan = '{subject}_T2w.nii'").unwrap().lesions.unwrap();
        assert!(!plain.is_other_contrast());
    }

    #[test]
    fn what_is_wrong_with_a_cohort_is_told_with_its_place() {
        for (text, says) in [
            ("scan = '{subject}_{suffix}.nii'", "needs a `suffix`"),
            ("scan = '{subject}.nii'\nsegmentaton = '{subject}.nii'", "did you mean `segmentation`?"),
            ("scan = '{subject}.nii'\nmask = '../{subject}.nii'", "without `..`"),
            ("scan = '{subject}.nii'\nlesion_labels = []", "at least one"),
            ("scan = '{subject}.nii'\nlesion_labels = [0, 1]", "0 is background"),
            ("scan = '{subject}.nii'\ninclude = 3", "a list of subjects"),
            ("scan = '{subject}.nii'\nparticipants = { column = 'group', values = [] }", "no `values`"),
        ] {
            let error = format!("{:#}", load(text).unwrap_err());
            assert!(error.contains("study.toml") && error.contains(says), "{error}");
        }
    }
}
