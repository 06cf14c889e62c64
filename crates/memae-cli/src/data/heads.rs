//! Which synthetic heads there are: number, name, use, label map and lesion of each.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use cli_support::files;
use mri_phantom::LesionKind;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::manifest::Subject;
use crate::config::{Config, Data, SyntheticData};
use crate::data::roles::Use;
use crate::run::stage::Kind;

/// Validation and test heads made of label maps, and test heads without, have random streams of their own, so that no two heads
/// are alike.
const FIRST_TEST: u64 = 1 << 32;
const FIRST_VALIDATION: u64 = 1 << 33;

/// A head to make.
pub(crate) struct Head {
    /// Name within its cohort; it tells the label map.
    pub(crate) name: String,
    /// `None` where the cohort is split later: healthy heads without label maps.
    pub(crate) used_for: Option<Use>,
    /// Number of its random stream.
    pub(crate) subject: u64,
    pub(crate) map: Option<PathBuf>,
    pub(crate) lesion: Option<LesionKind>,
}

/// The label maps of each side of the split, sorted; no map is on two sides.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct MapSplit {
    pub(crate) train: Vec<PathBuf>,
    pub(crate) validation: Vec<PathBuf>,
    pub(crate) test: Vec<PathBuf>,
}

impl MapSplit {
    /// Assigns maps by the seed, in proportion to the numbers of heads, to each side at least one.
    ///
    /// # Errors
    /// If there are fewer than three maps.
    fn new(mut maps: Vec<PathBuf>, data: &SyntheticData) -> Result<Self> {
        if maps.len() < 3 {
            bail!(
                "label_maps in [data]: {} maps cannot be split into training, validation and test; at least 3 are needed",
                maps.len()
            );
        }
        maps.sort();
        maps.shuffle(&mut ChaCha8Rng::seed_from_u64(data.seed));
        let all = (data.train + data.validation + data.test) as f64;
        let share = |heads: usize, most: usize| {
            ((maps.len() as f64 * heads as f64 / all).round() as usize).clamp(1, most)
        };
        let for_test = share(data.test, maps.len() - 2);
        let for_validation = share(data.validation, maps.len() - for_test - 1);
        let sorted = |mut maps: Vec<PathBuf>| {
            maps.sort();
            maps
        };
        let test = sorted(maps.split_off(maps.len() - for_test));
        let validation = sorted(maps.split_off(maps.len() - for_validation));
        Ok(Self { train: sorted(maps), validation, test })
    }

    /// The split of the configured maps; `None` if there are none configured.
    ///
    /// # Errors
    /// If the folder cannot be read or holds fewer than three maps.
    pub(crate) fn of(data: &SyntheticData) -> Result<Option<Self>> {
        data.label_maps.as_deref().map(|folder| Self::new(label_maps(folder)?, data)).transpose()
    }

    /// Names of the maps of each side, for people and for fingerprints.
    pub(crate) fn names(&self) -> [(Use, Vec<String>); 3] {
        let names = |maps: &[PathBuf]| maps.iter().map(|map| map_name(map)).collect();
        [
            (Use::Train, names(&self.train)),
            (Use::Validation, names(&self.validation)),
            (Use::Test, names(&self.test)),
        ]
    }
}

/// All heads of a synthetic run.
pub(crate) struct Heads {
    /// Healthy ones, then those with a lesion.
    pub(crate) all: Vec<Head>,
    /// Which label maps they are made of, where they are made of label maps.
    pub(crate) split: Option<MapSplit>,
    /// The cohort's folder in the cache, named by what determines it.
    pub(crate) root: PathBuf,
}

impl Heads {
    /// Those of a configuration; `None` if its data is not synthetic.
    ///
    /// # Errors
    /// If the folder of label maps cannot be read or holds fewer than three maps.
    pub(crate) fn plan(config: &Config) -> Result<Option<Self>> {
        let Data::Synthetic(data) = &config.data else { return Ok(None) };
        let split = MapSplit::of(data)?;
        let key = files::fingerprint(&(
            Kind::Synth.revision(),
            data.seed,
            &data.scan,
            &data.lesions,
            &data.label_maps,
            split.as_ref().map(MapSplit::names),
        ))?;
        Ok(Some(Self {
            all: split.as_ref().map_or_else(|| without_maps(data), |split| of_maps(data, split)),
            root: config.run.cache.join(format!("synthetic-{}", &key[..12])),
            split,
        }))
    }

    /// Whether there is a head of this name with a lesion, or one without.
    pub(crate) fn has(&self, name: &str, lesion: bool) -> bool {
        self.all.iter().any(|head| head.name == name && head.lesion.is_some() == lesion)
    }

    /// Subjects to train on and to validate with, as their label maps have decided.
    pub(crate) fn by_map(&self, subjects: Vec<Subject>) -> (Vec<Subject>, Vec<Subject>) {
        let trains = |subject: &Subject| {
            self.all.iter().any(|head| head.used_for == Some(Use::Train) && head.name == subject.name)
        };
        subjects.into_iter().partition(trains)
    }
}

fn without_maps(data: &SyntheticData) -> Vec<Head> {
    let head = |number: usize, used_for: Option<Use>| Head {
        name: format!("sub-{:04}", number + 1),
        used_for,
        subject: number as u64 + if used_for.is_some() { FIRST_TEST } else { 0 },
        map: None,
        lesion: used_for.map(|_| data.lesions[number % data.lesions.len()]),
    };
    let healthy = (0..data.train + data.validation).map(|number| head(number, None));
    healthy.chain((0..data.test).map(|number| head(number, Some(Use::Test)))).collect()
}

fn of_maps(data: &SyntheticData, split: &MapSplit) -> Vec<Head> {
    let side = |used_for: Use, maps: &[PathBuf], count: usize, first: u64| {
        let head = |number: usize| {
            let map = &maps[number % maps.len()];
            // Each map gets every kind in turn.
            let kind = data.lesions[(number + number / maps.len()) % data.lesions.len()];
            let lesion = (used_for == Use::Test).then_some(kind);
            let name = format!("{}_{:04}", map_name(map), number + 1);
            Head {
                name,
                used_for: Some(used_for),
                subject: first + number as u64,
                map: Some(map.clone()),
                lesion,
            }
        };
        (0..count).map(head).collect::<Vec<_>>()
    };
    let mut heads = side(Use::Train, &split.train, data.train, 0);
    heads.extend(side(Use::Validation, &split.validation, data.validation, FIRST_VALIDATION));
    heads.extend(side(Use::Test, &split.test, data.test, FIRST_TEST));
    heads
}

/// A label map's file name without its ending.
fn map_name(map: &Path) -> String {
    mri_io::find::nifti_stem(map)
}

/// Label maps in a folder.
fn label_maps(folder: &Path) -> Result<Vec<PathBuf>> {
    let maps = mri_io::find::nifti_files(folder).context("label_maps in [data]")?;
    if let Some((map, why)) = maps.iter().find_map(|map| Some((map, mri_io::find::why_absent(map)?))) {
        bail!("label_maps in [data]: {} {why}", map.display());
    }
    if maps.is_empty() {
        bail!("label_maps in [data]: there is no .nii or .nii.gz file in {}", folder.display());
    }
    Ok(maps)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn data(seed: u64, counts: [usize; 3]) -> SyntheticData {
        let [train, validation, test] = counts;
        toml::from_str(&format!(
            "seed = {seed}\ntrain = {train}\nvalidation = {validation}\ntest = {test}\nlesions = [\"glioma\", \"ms\"]"
        ))
        .unwrap()
    }

    fn maps(count: usize) -> Vec<PathBuf> {
        (0..count).map(|number| format!("maps/map{number:02}.nii.gz").into()).collect()
    }

    #[test]
    fn no_map_is_on_two_sides() {
        for (seed, count, counts) in [(1, 10, [120, 20, 40]), (2, 3, [1000, 1, 1]), (3, 4, [1, 1, 1000])] {
            let data = data(seed, counts);
            let split = MapSplit::new(maps(count), &data).unwrap();
            let heads = of_maps(&data, &split);
            assert_eq!(heads.len(), counts.iter().sum::<usize>());
            let of = |used_for| -> BTreeSet<_> {
                let side = heads.iter().filter(|head| head.used_for == Some(used_for));
                side.map(|head| head.map.clone().unwrap()).collect()
            };
            let sides = [of(Use::Train), of(Use::Validation), of(Use::Test)];
            assert!(sides.iter().all(|side| !side.is_empty()));
            assert!((0..3).all(|side| sides[side].is_disjoint(&sides[(side + 1) % 3])), "{sides:?}");
            assert!(heads.iter().all(|head| head.lesion.is_some() == (head.used_for == Some(Use::Test))));
        }
    }

    #[test]
    fn the_split_is_by_the_seed_and_heads_have_names_and_streams_of_their_own() {
        let data = data(7, [12, 4, 6]);
        let split = MapSplit::new(maps(8), &data).unwrap();
        assert_eq!(split, MapSplit::new(maps(8).into_iter().rev().collect(), &data).unwrap());
        let other = SyntheticData { seed: 8, ..data.clone() };
        assert_ne!(split, MapSplit::new(maps(8), &other).unwrap());
        let heads = of_maps(&data, &split);
        let unique = |values: Vec<String>| values.iter().collect::<BTreeSet<_>>().len();
        assert_eq!(unique(heads.iter().map(|head| head.name.clone()).collect()), heads.len());
        assert_eq!(unique(heads.iter().map(|head| head.subject.to_string()).collect()), heads.len());
        assert!(heads.iter().all(|head| head.name.starts_with(&map_name(head.map.as_ref().unwrap()))));
    }

    #[test]
    fn two_maps_are_too_few() {
        assert!(MapSplit::new(maps(2), &data(1, [3, 3, 3])).unwrap_err().to_string().contains("at least 3"));
    }
}
