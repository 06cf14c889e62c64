//! The subjects of a run: found by the manifests, split by the seed.

use std::collections::HashSet;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::heads::{self, Head};
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

/// All subjects of the run: training, then validation, then test, each sorted by name.
///
/// # Errors
/// If data is missing (the error says what to obtain), or there are fewer subjects than the configuration asks for.
pub(crate) fn members(config: &Config) -> Result<Vec<Member>> {
    let (healthy, lesions, root) = sources(config)?;
    let missing = |manifest: &Manifest, what: &str| format!("{} has no {what} subjects", manifest.title);
    let healthy_files = healthy.healthy.as_ref().with_context(|| missing(&healthy, "healthy"))?;
    let lesion_files = lesions.lesions.as_ref().with_context(|| missing(&lesions, "lesion"))?;

    // Both cohorts are looked for before either is complained about, so that one error names all that is missing.
    let found = [healthy.subjects(healthy_files, &root), lesions.subjects(lesion_files, &root)];
    let [Ok(mut healthy_subjects), Ok(mut lesion_subjects)] = found else {
        let problems: Vec<_> =
            found.iter().filter_map(|found| found.as_ref().err()).map(ToString::to_string).collect();
        bail!("{}", problems.join("\n"));
    };

    let (train, validation) = config.data.healthy();
    let heads = match &config.data {
        Data::Synthetic(data) => heads::heads(data)?,
        Data::Manifest(_) => Vec::new(),
    };
    if matches!(config.data, Data::Synthetic(_)) {
        // An earlier run may have made more heads; the split must not depend on it.
        let names = |test: bool| -> HashSet<&str> {
            let of = heads.iter().filter(|head| (head.used_for == Some(Use::Test)) == test);
            of.map(|head| head.name.as_str()).collect()
        };
        let (healthy, ill) = (names(false), names(true));
        healthy_subjects.retain(|subject| healthy.contains(subject.name.as_str()));
        lesion_subjects.retain(|subject| ill.contains(subject.name.as_str()));
    }
    let test = config.data.test().unwrap_or(lesion_subjects.len());
    for (manifest, found, wanted) in
        [(&healthy, healthy_subjects.len(), train + validation), (&lesions, lesion_subjects.len(), test)]
    {
        if found < wanted {
            bail!(
                "{} has {found} subjects in {}, but {wanted} are asked for in [data]",
                manifest.title,
                root.display()
            );
        }
    }
    let (mut train, mut validation) = match &config.data {
        Data::Synthetic(data) if data.label_maps.is_some() => by_map(&heads, healthy_subjects),
        data => {
            let mut train_first = shuffled(healthy_subjects, data.seed());
            let others = train_first.split_off(train);
            (train_first, others.into_iter().take(validation).collect())
        }
    };
    let mut test: Vec<_> = shuffled(lesion_subjects, config.data.seed()).into_iter().take(test).collect();
    let mut members = Vec::new();
    for (used_for, subjects, stripped) in [
        (Use::Train, &mut train, healthy.skull_stripped),
        (Use::Validation, &mut validation, healthy.skull_stripped),
        (Use::Test, &mut test, lesions.skull_stripped),
    ] {
        subjects.sort_by(|a, b| a.name.cmp(&b.name));
        members.extend(subjects.drain(..).map(|subject| Member { used_for, stripped, subject }));
    }
    Ok(members)
}

/// Manifests of the healthy and the lesion cohort, and the root of their folders.
pub(crate) fn sources(config: &Config) -> Result<(Manifest, Manifest, PathBuf)> {
    match &config.data {
        Data::Synthetic(data) => {
            let manifest = Manifest::load("synthetic")?;
            Ok((manifest.clone(), manifest, heads::root(config, data)?))
        }
        Data::Manifest(data) => {
            Ok((Manifest::load(&data.healthy)?, Manifest::load(&data.lesions)?, data.root.clone()))
        }
    }
}

/// What lies among the cohorts' files and is left out, to be told once.
///
/// # Errors
/// As [`members`].
pub(crate) fn remarks(config: &Config) -> Result<Vec<String>> {
    let (healthy, lesions, root) = sources(config)?;
    let mut remarks = Vec::new();
    for (manifest, files) in [(&healthy, &healthy.healthy), (&lesions, &lesions.lesions)] {
        if let Some(files) = files {
            remarks.extend(manifest.find(files, &root)?.remarks);
        }
    }
    Ok(remarks)
}

/// Training and validation heads, whose label maps have decided.
fn by_map(heads: &[Head], subjects: Vec<Subject>) -> (Vec<Subject>, Vec<Subject>) {
    let to_train: HashSet<&str> = heads
        .iter()
        .filter(|head| head.used_for == Some(Use::Train))
        .map(|head| head.name.as_str())
        .collect();
    subjects.into_iter().partition(|subject| to_train.contains(subject.name.as_str()))
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
        let members = members(&config).unwrap();
        assert_eq!(names(&members), names(&super::members(&config).unwrap()));
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
        let error = members(&config(root.path(), 8, "")).unwrap_err().to_string();
        assert!(error.contains("10 subjects") && error.contains("11"), "{error}");
    }

    #[test]
    fn all_missing_data_is_named_at_once() {
        let root = tempfile::tempdir().unwrap();
        let error = members(&config(root.path(), 6, "")).unwrap_err().to_string();
        assert!(error.contains("IXI") && error.contains("BraTS"), "{error}");
    }
}
