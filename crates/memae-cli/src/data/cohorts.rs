//! The subjects of a run: found by the manifests, split by the seed.

use anyhow::{Context, Result, bail};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::border::DataRoot;
use super::heads::Heads;
use super::manifest::{Manifest, Subject};
use super::roles::{Group, Use};
use crate::config::{Config, Data};

/// A subject and its part in the experiment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Member {
    pub(crate) used_for: Use,
    /// Whether the scan comes without skull.
    pub(crate) stripped: bool,
    #[serde(flatten)]
    pub(crate) subject: Subject,
}

impl Member {
    /// Name that no other member has: healthy and test cohorts may name subjects alike.
    pub(crate) fn id(&self) -> String {
        let group = if self.used_for == Use::Test { Group::Lesions } else { Group::Healthy };
        format!("{}/{}", group.id(), self.subject.name)
    }
}

/// Manifests of the healthy and the lesion cohort, and the root of their folders.
pub(crate) struct Sources {
    pub(crate) healthy: Manifest,
    pub(crate) lesions: Manifest,
    pub(crate) root: DataRoot,
}

impl Sources {
    /// `heads` are those of a synthetic run.
    ///
    /// # Errors
    /// If a manifest cannot be read.
    pub(crate) fn new(config: &Config, heads: Option<&Heads>) -> Result<Self> {
        let (healthy, lesions, folder, is_open) = match (&config.data, heads) {
            (Data::Manifest(data), _) => {
                (&*data.healthy, &*data.lesions, data.root.clone(), data.outside_root)
            }
            (Data::Synthetic(_), heads) => {
                ("synthetic", "synthetic", heads.context("synthetic heads are planned")?.root.clone(), false)
            }
        };
        let root = DataRoot { folder, is_open };
        Ok(Self { healthy: Manifest::load(healthy)?, lesions: Manifest::load(lesions)?, root })
    }
}

/// All subjects of a run.
pub(crate) struct Subjects {
    pub(crate) sources: Sources,
    /// Training, then validation, then test, each sorted by name.
    pub(crate) members: Vec<Member>,
    /// What lies among the cohorts' files and is left out, to be told once.
    pub(crate) remarks: Vec<String>,
}

impl Subjects {
    /// Looks for the files of both cohorts. `heads` are those of a synthetic run.
    ///
    /// # Errors
    /// If data is missing (the error says what to obtain), or there are fewer subjects than the configuration asks for.
    pub(crate) fn find(config: &Config, heads: Option<&Heads>) -> Result<Self> {
        let sources = Sources::new(config, heads)?;
        let Sources { healthy, lesions, root } = &sources;
        let missing = |manifest: &Manifest, what: &str| format!("{} has no {what} subjects", manifest.title);
        let healthy_files =
            healthy.healthy.as_ref().with_context(|| missing(healthy, Group::Healthy.id()))?;
        let lesion_files = lesions.lesions.as_ref().with_context(|| missing(lesions, "lesion"))?;

        // Both cohorts are looked for before either is complained about, so that one error names all that is missing.
        let found = [healthy.subjects(healthy_files, root), lesions.subjects(lesion_files, root)];
        let [Ok(mut well), Ok(mut ill)] = found else {
            let errors = found.iter().filter_map(|found| found.as_ref().err());
            let mut problems: Vec<String> = errors.map(|error| format!("{error:#}")).collect();
            // Both cohorts may be in one manifest.
            problems.dedup();
            bail!("{}", problems.join("\n"));
        };
        if let Some(heads) = heads {
            // An earlier run may have made more heads; the split must not depend on it.
            well.subjects.retain(|subject| heads.has(&subject.name, false));
            ill.subjects.retain(|subject| heads.has(&subject.name, true));
        }
        let (train, validation) = config.data.healthy();
        let test = config.data.test().unwrap_or(ill.subjects.len());
        for (manifest, found, wanted) in
            [(healthy, well.subjects.len(), train + validation), (lesions, ill.subjects.len(), test)]
        {
            if found < wanted {
                bail!(
                    "{} has {found} subjects in {}, but {wanted} are asked for in [data]",
                    manifest.title,
                    root.folder.display()
                );
            }
        }
        let seed = config.data.seed();
        let (train, validation) = if let Some(heads) = heads.filter(|heads| heads.split.is_some()) {
            heads.by_map(well.subjects)
        } else {
            let mut train_first = shuffled(well.subjects, seed);
            let others = train_first.split_off(train);
            (train_first, others.into_iter().take(validation).collect())
        };
        let test = shuffled(ill.subjects, seed).into_iter().take(test).collect();
        let mut members = Vec::new();
        for (used_for, mut subjects, stripped) in [
            (Use::Train, train, healthy.skull_stripped),
            (Use::Validation, validation, healthy.skull_stripped),
            (Use::Test, test, lesions.skull_stripped),
        ] {
            subjects.sort_by(|a: &Subject, b| a.name.cmp(&b.name));
            members.extend(subjects.into_iter().map(|subject| Member { used_for, stripped, subject }));
        }
        Ok(Self { members, remarks: [well.remarks, ill.remarks].concat(), sources })
    }
}

/// The subjects, given sorted, in an order that only the seed determines.
fn shuffled(mut subjects: Vec<Subject>, seed: u64) -> Vec<Subject> {
    subjects.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    subjects
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use cli_support::files;

    fn config(root: &std::path::Path, train: usize, test: &str) -> Config {
        toml::from_str(&format!(
            "run.name = \"t\"\n[data]\nkind = \"manifest\"\nhealthy = \"ixi\"\nlesions = \"brats2019\"\n\
             root = {root:?}\nseed = 5\ntrain = {train}\nvalidation = 3\n{test}"
        ))
        .unwrap()
    }

    fn data() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for i in 0..10 {
            files::write(&root.path().join(format!("IXI-T2/IXI{i:03}-T2.nii.gz")), b"").unwrap();
            for kind in ["t2", "seg"] {
                let file = format!("MICCAI_BraTS_2019_Data_Training/HGG/B{i}/B{i}_{kind}.nii.gz");
                files::write(&root.path().join(file), b"").unwrap();
            }
        }
        root
    }

    #[test]
    fn the_split_is_a_function_of_the_seed_and_has_no_overlap() {
        let root = data();
        let config = config(root.path(), 6, "");
        let names = |members: &[Member]| members.iter().map(Member::id).collect::<Vec<_>>();
        let find = || Subjects::find(&config, None).unwrap().members;
        let members = find();
        assert_eq!(names(&members), names(&find()));
        let count = |used_for| members.iter().filter(|member| member.used_for == used_for).count();
        assert_eq!((count(Use::Train), count(Use::Validation), count(Use::Test)), (6, 3, 10));
        let mut unique = names(&members);
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), 19);
        assert!(members.iter().all(|member| member.stripped == (member.used_for == Use::Test)));
    }

    #[test]
    fn too_few_subjects_are_counted() {
        let root = data();
        let error = Subjects::find(&config(root.path(), 8, ""), None).err().unwrap().to_string();
        assert!(error.contains("10 subjects") && error.contains("but 11 are asked for"), "{error}");
    }

    #[test]
    fn all_missing_data_is_named_at_once() {
        let root = tempfile::tempdir().unwrap();
        let error = Subjects::find(&config(root.path(), 6, ""), None).err().unwrap().to_string();
        assert!(error.contains("IXI") && error.contains("BraTS"), "{error}");
    }
}
