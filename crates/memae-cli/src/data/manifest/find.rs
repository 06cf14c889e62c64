//! The subjects of a cohort: those found on the disk, and chosen.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use cli_support::subjects::{Choice, bare, none_of, some_of, subjects};
use serde::{Deserialize, Serialize};

use super::{Files, Manifest};
use crate::data::border::DataRoot;
use crate::data::pattern::Pattern;

/// What lies below a data set's folder.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Complete subjects, sorted by name.
    pub(crate) subjects: Vec<Subject>,
    /// Subjects that lack a file, are there twice, or are asked for and not there.
    pub(crate) problems: Vec<String>,
    /// What else was found and is left out, to be told.
    pub(crate) remarks: Vec<String>,
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
    /// Labels that are lesion; all above 0 if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lesion_labels: Option<Vec<u16>>,
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
    /// As [`Self::find`], where all subjects are complete.
    ///
    /// # Errors
    /// If there are none (the error says what to obtain and where to put it), if a name appears twice, or if
    /// subjects lack a file that the manifest promises.
    pub(crate) fn subjects(&self, files: &Files, root: &DataRoot) -> Result<Found> {
        let found = self.find(files, root)?;
        none_of(&found.problems)?;
        Ok(found)
    }

    /// The subjects below `root`, sorted by name, and what is wrong with others.
    ///
    /// # Errors
    /// If there is no scan at all (the error says what to obtain and where to put it), a list of subjects cannot be read, or the
    /// manifest leaves the root.
    pub(crate) fn find(&self, files: &Files, root: &DataRoot) -> Result<Found> {
        root.admit(self, files)?;
        let folder = root.folder.join(&self.folder);
        let pattern = Pattern::new(&files.scan)?;
        let scans = pattern.find(&folder)?;
        if scans.is_empty() {
            bail!("{}", self.how_to_obtain(files, &root.folder));
        }
        let choice = Choice::read(
            files.include.as_ref(),
            files.exclude.as_ref(),
            files.participants.as_ref(),
            &folder,
        )
        .with_context(|| format!("the manifest of {}", self.title))?;
        // A pattern that names the part asks for it.
        let by_part = files.scan.contains("part-");
        let (parts, mut scans): (Vec<_>, Vec<_>) = scans
            .into_iter()
            .partition(|(_, scan)| !by_part && mri_io::find::part_of_complex(scan).is_some());
        let mut found =
            Found { remarks: self.remarks(&choice, &pattern, &folder, &scans, &parts)?, ..Found::default() };
        let with_scan: BTreeSet<&str> = scans.iter().map(|(name, _)| bare(name)).collect();
        found.problems.extend(choice.missing(&with_scan).into_iter().map(|name| {
            format!(
                "subject {name} of {}, which `include` names, has no scan {}",
                self.title,
                folder.join(&files.scan).display()
            )
        }));
        scans.retain(|(name, _)| choice.has(name));
        if scans.is_empty() {
            bail!(
                "no scan of {} belongs to the cohort: `include`, `exclude` and `participants` leave none",
                self.title
            );
        }
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
        root.keep_inside(self, &mut found);
        Ok(found)
    }

    /// What is there and is no scan of the cohort, though somebody might expect it to be.
    fn remarks(
        &self,
        choice: &Choice,
        pattern: &Pattern<'_>,
        folder: &Path,
        scans: &[(String, PathBuf)],
        parts: &[(String, PathBuf)],
    ) -> Result<Vec<String>> {
        let mut remarks = Vec::new();
        let names: Vec<String> = parts.iter().map(|(_, path)| path.display().to_string()).collect();
        if !names.is_empty() {
            let files = if names.len() == 1 { "file" } else { "files" };
            remarks.push(format!(
                "{} {files} left out, by the name (part-phase, part-real, part-imag) no magnitude images: {}",
                names.len(),
                some_of(&names)
            ));
        }
        let with_scan: BTreeSet<&str> = scans.iter().map(|(name, _)| bare(name)).collect();
        remarks.extend(choice.remarks(&with_scan));
        // Beside subjects of BIDS lie folders that are none.
        let is_bids = scans.iter().any(|(name, _)| name.starts_with("sub-"));
        let without: Vec<String> = pattern
            .subject_folders(folder)?
            .into_iter()
            .map(|(name, _)| name)
            .filter(|name| {
                (!is_bids || name.starts_with("sub-")) && choice.has(name) && !with_scan.contains(bare(name))
            })
            .collect();
        if !without.is_empty() {
            remarks.push(format!("{} without a scan: {}", subjects(without.len()), some_of(&without)));
        }
        Ok(remarks.into_iter().map(|remark| format!("{}: {remark}", self.title)).collect())
    }

    /// A subject with all the files that the manifest promises.
    fn complete(&self, files: &Files, folder: &Path, name: String, scan: PathBuf) -> Result<Subject> {
        let here = |path: PathBuf| match mri_io::find::why_absent(&path) {
            None => Ok(path),
            Some(why) => bail!(
                "subject {name} of {}: {} {why}, or leave the subject out with `exclude` in the manifest",
                self.title,
                path.display()
            ),
        };
        let with = |pattern: &Option<String>, what: &str| {
            let Some(pattern) = pattern else { return Ok(None) };
            let path = Pattern::new(pattern)?.of_subject(folder, &name)?.with_context(|| {
                let pattern = folder.join(pattern.replace("{subject}", &name));
                format!(
                    "subject {name} of {} has no {what}: {} does not exist; mend that, or leave the subject out with \
                     `exclude` in the manifest",
                    self.title,
                    pattern.display()
                )
            })?;
            here(path).map(Some)
        };
        let scan = here(scan)?;
        Ok(Subject {
            mask: with(&files.mask, "brain mask")?,
            segmentation: with(&files.segmentation, "segmentation")?,
            lesion_labels: files.lesion_labels.clone(),
            true_mask: with(&files.true_mask, "true brain mask")?,
            true_pose: with(&files.true_pose, "true pose")?,
            name,
            scan,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(path: &Path) {
        cli_support::files::write(path, b"").unwrap();
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
        let subjects = manifest
            .subjects(manifest.lesions.as_ref().unwrap(), &DataRoot::closed(root.path()))
            .unwrap()
            .subjects;
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
        let error = manifest
            .subjects(manifest.lesions.as_ref().unwrap(), &DataRoot::closed(root.path()))
            .unwrap_err()
            .to_string();
        assert!(error.contains("subject X") && error.contains("X_seg.nii.gz"), "{error}");
    }

    #[test]
    fn absent_data_is_explained() {
        let root = tempfile::tempdir().unwrap();
        let manifest = Manifest::load("camcan").unwrap();
        let error = manifest
            .subjects(manifest.healthy.as_ref().unwrap(), &DataRoot::closed(root.path()))
            .unwrap_err()
            .to_string();
        for needed in ["Cam-CAN", "https://", "653", "{subject}_T2w.nii.gz", "camcan"] {
            assert!(error.contains(needed), "{needed}: {error}");
        }
    }

    /// A BIDS data set of patients and controls.
    fn bids() -> (tempfile::TempDir, Manifest) {
        let root = tempfile::tempdir().unwrap();
        let data = root.path().join("study");
        for name in ["c1", "c2", "c3", "p1", "p2"] {
            touch(&data.join(format!("sub-{name}/anat/sub-{name}_T2w.nii.gz")));
        }
        touch(&data.join("sub-c4/anat/sub-c4_T1w.nii.gz"));
        touch(&data.join("derivatives/made/sub-c1/anat/sub-c1_T2w.nii.gz"));
        let table = "participant_id\tage\tgroup\nsub-c1\t30\tcontrol\nsub-c2\t31\tcontrol\nsub-c4\t32\tcontrol\n\
                     sub-p1\t40\tpatient\nsub-p2\tn/a\tpatient\n";
        cli_support::files::write(&data.join("participants.tsv"), table.as_bytes()).unwrap();
        let manifest = "title = 'Study'\naccess = 'a'\nlicence = 'l'\ncitation = 'c'\nfolder = 'study'\nskull_stripped = false\n\
                        [healthy]\nscan = '{subject}/anat/{subject}_T2w.nii.gz'\n";
        (root, toml::from_str(manifest).unwrap())
    }

    /// What a cohort with these further keys has: names, problems, remarks.
    fn chosen(keys: &str) -> Result<[Vec<String>; 3]> {
        let (root, manifest) = bids();
        let mut text = toml::to_string(manifest.healthy.as_ref().unwrap()).unwrap();
        text += keys;
        let found = manifest.find(&toml::from_str(&text).unwrap(), &DataRoot::closed(root.path()))?;
        Ok([found.subjects.into_iter().map(|subject| subject.name).collect(), found.problems, found.remarks])
    }

    #[test]
    fn the_table_of_participants_chooses_and_tells_what_is_missing() {
        let [names, problems, remarks] =
            chosen("participants = { column = 'group', values = ['control'] }").unwrap();
        assert_eq!((names, problems), (vec!["sub-c1".to_owned(), "sub-c2".to_owned()], vec![]));
        let remarks = remarks.join("\n");
        assert!(remarks.contains("lacks 1 subject, left out: c3"), "{remarks}");
        assert!(remarks.contains("1 subject of the table of participants without a scan: c4"), "{remarks}");
        assert!(
            remarks.contains("1 subject without a scan: sub-c4") && !remarks.contains("derivatives"),
            "{remarks}"
        );
        for (table, says) in [
            ("{ column = 'groups', values = ['control'] }", "did you mean `group`?"),
            ("{ column = 'group', values = ['controls'] }", "its values are control, patient"),
            ("{ column = 'group', values = ['control'], file = 'people.tsv' }", "people.tsv"),
        ] {
            let error = format!("{:#}", chosen(&format!("participants = {table}")).unwrap_err());
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn lists_choose_with_or_without_the_prefix() {
        let [names, problems, _] = chosen("include = ['p1', 'sub-p2', 'sub-p3']").unwrap();
        assert_eq!(names, ["sub-p1", "sub-p2"]);
        assert!(problems.len() == 1 && problems[0].contains("subject p3 of Study"), "{problems:?}");
        let [names, problems, remarks] = chosen("exclude = ['c1', 'sub-c3', 'c9']").unwrap();
        assert_eq!((names, problems.len()), (["sub-c2", "sub-p1", "sub-p2"].map(str::to_owned).to_vec(), 0));
        assert!(remarks[0].contains("`exclude` names 1 subject without a scan: c9"), "{remarks:?}");
        let error = chosen("include = ['p1']\nexclude = ['p1']").unwrap_err().to_string();
        assert!(error.contains("leave none"), "{error}");
    }

    #[test]
    fn a_list_may_be_a_file_beside_the_manifest() {
        let (root, manifest) = bids();
        let file = root.path().join("manifests/study.toml");
        let list = "\u{feff}sub-p1  # doubtful\n\n# all of these\nc2\n";
        cli_support::files::write(&root.path().join("manifests/lists/out.txt"), list.as_bytes()).unwrap();
        let mut text = toml::to_string(&manifest).unwrap();
        let with_tables = text.clone();
        text += "exclude = 'lists/out.txt'\n";
        cli_support::files::write(&file, text.as_bytes()).unwrap();
        let manifest = Manifest::load(file.to_str().unwrap()).unwrap();
        let subjects = manifest
            .subjects(manifest.healthy.as_ref().unwrap(), &DataRoot::closed(root.path()))
            .unwrap()
            .subjects;
        assert_eq!(
            subjects.iter().map(|subject| subject.name.as_str()).collect::<Vec<_>>(),
            ["sub-c1", "sub-c3", "sub-p2"]
        );
        let far = with_tables + "exclude = '../manifests/lists/out.txt'\n";
        cli_support::files::write(&file, far.as_bytes()).unwrap();
        let manifest = Manifest::load(file.to_str().unwrap()).unwrap();
        let mut root = DataRoot::closed(root.path());
        let error = manifest.subjects(manifest.healthy.as_ref().unwrap(), &root).unwrap_err().to_string();
        assert!(error.contains("not below the manifest's folder"), "{error}");
        root.is_open = true;
        assert!(manifest.subjects(manifest.healthy.as_ref().unwrap(), &root).is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn links_to_nowhere_are_told_and_phases_are_left_out() {
        let root = tempfile::tempdir().unwrap();
        let file = |name: &str| root.path().join(format!("study/{name}"));
        touch(&file("sub-1_part-mag_T2w.nii.gz"));
        touch(&file("sub-1_part-phase_T2w.nii.gz"));
        std::os::unix::fs::symlink(".git/annex/objects/x.nii.gz", file("sub-2_part-mag_T2w.nii.gz")).unwrap();
        let (_, manifest) = bids();
        let files: Files = toml::from_str("scan = '{subject}_*T2w.nii.gz'").unwrap();
        let found = manifest.find(&files, &DataRoot::closed(root.path())).unwrap();
        assert_eq!(found.subjects.iter().map(|subject| subject.name.as_str()).collect::<Vec<_>>(), ["sub-1"]);
        let said = [found.problems.concat(), found.remarks.concat()];
        assert!(said[0].contains("subject sub-2") && said[0].contains("datalad get"), "{said:?}");
        assert!(said[1].contains("1 file left out") && said[1].contains("sub-1_part-phase"), "{said:?}");
    }
}
