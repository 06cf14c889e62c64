//! The configuration: TOML text to a checked [`Config`]. Nothing runs on an unchecked one.

mod check;
#[cfg(test)]
mod documented;
mod sections;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use cli_support::spelling;

pub(crate) use sections::{Builtin, Cluster, Config, Data, Reference, SyntheticData};

use crate::data::manifest::Manifest;
use crate::failure::BadConfig;

/// The configuration that runs where none is named.
pub(crate) const QUICK: &str = include_str!("../../../../configs/quick.toml");
const QUICK_NAME: &str = "configs/quick.toml (built in)";

impl Config {
    /// Reads and checks a configuration file, or the built-in quick one.
    ///
    /// # Errors
    /// [`BadConfig`] with every problem found: unknown key, wrong type, value out of range.
    pub(crate) fn load(file: Option<&Path>) -> Result<Self> {
        let Some(file) = file else { return Self::parse(QUICK, QUICK_NAME) };
        let text = fs_err::read_to_string(file)
            .with_context(|| "the configuration cannot be read; without --config the built-in one runs")
            .map_err(|error| BadConfig(vec![format!("{error:#}")]))?;
        let mut config = Self::parse(&text, &file.display().to_string())?;
        config.seek_inputs(file.parent().unwrap_or(Path::new("")));
        Ok(config)
    }

    /// Inputs that the configuration names are sought beside it first, and where they are not there, in the working folder.
    fn seek_inputs(&mut self, folder: &Path) {
        let beside = |path: &mut PathBuf| {
            let candidate = folder.join(&*path);
            if candidate.exists() {
                *path = candidate;
            }
        };
        match &mut self.data {
            Data::Manifest(data) => {
                beside(&mut data.root);
                for name in [&mut data.healthy, &mut data.lesions] {
                    if Manifest::is_file(name) {
                        let mut path = PathBuf::from(&*name);
                        beside(&mut path);
                        *name = path.to_string_lossy().into_owned();
                    }
                }
            }
            Data::Synthetic(data) => data.label_maps.iter_mut().for_each(beside),
        }
        [&mut self.reference.file, &mut self.reference.mask].into_iter().flatten().for_each(beside);
    }

    /// Parses and checks. `name` is what errors call the file.
    fn parse(text: &str, name: &str) -> Result<Self> {
        let config: Self = toml::from_str(text)
            .map_err(|error| BadConfig(vec![format!("{name}: {}", spelling::explain(&error))]))?;
        let problems = check::problems(&config);
        if !problems.is_empty() {
            return Err(BadConfig(problems.into_iter().map(|p| format!("{name}: {p}")).collect()).into());
        }
        Ok(config)
    }

    /// The resolved configuration as TOML: every value in force, defaults included.
    pub(crate) fn to_toml(&self) -> Result<String> {
        Ok(toml::to_string_pretty(self)?)
    }

    /// The folder of this run's results.
    pub(crate) fn run_folder(&self) -> PathBuf {
        self.run.output.join(&self.run.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAPER: &str = include_str!("../../../../configs/paper.toml");

    fn problems(text: &str) -> String {
        Config::parse(text, "test.toml").unwrap_err().to_string()
    }

    /// The quick configuration with one line replaced.
    fn quick_with(from: &str, to: &str) -> String {
        assert!(QUICK.contains(from), "configs/quick.toml has no `{from}`");
        QUICK.replacen(from, to, 1)
    }

    #[test]
    fn shipped_configurations_are_good() {
        Config::parse(QUICK, "quick").unwrap();
        Config::parse(PAPER, "paper").unwrap();
    }

    #[test]
    fn resolved_configurations_read_back_the_same() {
        for text in [QUICK, PAPER] {
            let config = Config::parse(text, "test").unwrap();
            assert_eq!(Config::parse(&config.to_toml().unwrap(), "again").unwrap(), config);
        }
    }

    #[test]
    fn paper_values_are_in_the_paper_configuration() {
        let config = Config::parse(PAPER, "paper").unwrap();
        assert_eq!(config.reference.shape, [240, 240, 155]);
        assert_eq!((config.train.epochs, config.train.batch, config.train.learning_rate), (150, 32, 1e-4));
        assert_eq!(config.model.memory.items, 10);
        let Data::Manifest(data) = config.data else { panic!("the paper has real data") };
        assert_eq!((data.train, data.validation, data.test), (600, 53, Some(335)));
    }

    #[test]
    fn the_extended_experiment_is_the_papers_with_more_models() {
        let text = include_str!("../../../../configs/extended.toml");
        let mut extended = Config::parse(text, "extended").unwrap();
        let paper = Config::parse(PAPER, "paper").unwrap();
        assert_eq!(extended.run.models, memae_model::ModelKind::ALL);
        extended.run.models.truncate(paper.run.models.len());
        extended.run.name.clone_from(&paper.run.name);
        assert_eq!(extended, paper);
    }

    #[test]
    fn the_standard_experiment_has_the_papers_size() {
        let text = include_str!("../../../../configs/standard.toml");
        let config = Config::parse(text, "standard").unwrap();
        assert_eq!(config.reference.shape, [240, 240, 155]);
        assert_eq!(config.model, memae_model::ModelSettings::default());
        assert!(config.data.is_synthetic() && config.run.models == memae_model::ModelKind::ALL);
    }

    #[test]
    fn the_experiment_on_anatomy_makes_people_of_maps() {
        let config = Config::parse(include_str!("../../../../configs/anatomy.toml"), "anatomy").unwrap();
        assert_eq!(config.run.models, memae_model::ModelKind::ALL);
        let Data::Synthetic(data) = config.data else { panic!("label maps are rendered") };
        assert!(data.label_maps.is_some() && data.scan.people.deformation > 0.0 && data.lesions.len() == 3);
    }

    #[test]
    fn unknown_keys_are_named_with_their_line() {
        let text = problems(&quick_with("[train]", "[train]\nepoch = 3"));
        assert!(text.contains("did you mean `epochs`?") && text.contains("line"), "{text}");
        for (from, to, meant) in [
            ("kind = \"synthetic\"", "kind = \"synthetik\"", "synthetic"),
            ("[reference]", "[referense]", "reference"),
            ("test = 12", "tests = 12", "test"),
        ] {
            let text = problems(&quick_with(from, to));
            assert!(text.contains(&format!("did you mean `{meant}`?")), "{text}");
        }
    }

    #[test]
    fn every_value_out_of_range_is_named_with_its_key() {
        let text = quick_with("learning_rate = 0.003", "learning_rate = 7.0");
        let text = text.replacen("name = \"quick\"", "name = \"a/b\"", 1);
        let text = problems(&text);
        assert!(
            text.contains("[run] name") && text.contains("[train]") && text.contains("learning_rate"),
            "{text}"
        );
    }

    #[test]
    fn sides_must_be_multiples_of_sixteen() {
        let config = Config::parse(QUICK, "quick").unwrap();
        let shape = config.reference.shape;
        let odd = format!("shape = [{}, {}, {}]", shape[0] + 1, shape[1], shape[2]);
        let even = format!("shape = [{}, {}, {}]", shape[0], shape[1], shape[2]);
        let at = QUICK.find("[reference]").unwrap();
        let text = format!("{}{}", &QUICK[..at], QUICK[at..].replacen(&even, &odd, 1));
        assert!(problems(&text).contains("multiples of 16"), "{}", problems(&text));
    }

    #[test]
    fn the_built_in_reference_suits_the_data() {
        let builtin = |text: &str| Config::parse(text, "test").unwrap().builtin_reference();
        assert_eq!(builtin(QUICK), Some(Builtin::Synthetic));
        assert_eq!(builtin(&quick_with("test = 12", "test = 12\nlabel_maps = \"maps\"")), Some(Builtin::T2));
        assert_eq!(builtin(&quick_with("[reference]", "[reference]\nbuiltin = \"t2\"")), Some(Builtin::T2));
        assert_eq!(builtin(PAPER), None);
        let file = "file = \"data/sri24/late.nii\"";
        assert!(PAPER.contains(file));
        assert_eq!(builtin(&PAPER.replacen(file, "", 1)), Some(Builtin::T2));
        let both = PAPER.replacen(file, &format!("{file}\nbuiltin = \"t2\""), 1);
        assert!(problems(&both).contains("builtin and file"));
    }

    #[test]
    fn inputs_are_sought_beside_the_configuration() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for file in ["study.toml", "data/x", "mask.nii"] {
            cli_support::files::write(&path(file), b"").unwrap();
        }
        let text = "run.name = 't'\nreference.file = 'elsewhere.nii'\nreference.mask = 'mask.nii'\n[data]\nkind = 'manifest'\n\
                    healthy = 'study.toml'\nlesions = 'brats2019'\nroot = 'data'\nseed = 1\ntrain = 1\nvalidation = 1";
        cli_support::files::write(&path("t.toml"), text.as_bytes()).unwrap();
        let config = Config::load(Some(&path("t.toml"))).unwrap();
        let Data::Manifest(data) = config.data else { panic!("it names manifests") };
        assert_eq!(
            (data.healthy, data.lesions),
            (path("study.toml").display().to_string(), "brats2019".into())
        );
        assert_eq!((data.root, config.reference.mask), (path("data"), Some(path("mask.nii"))));
        assert_eq!(config.reference.file, Some("elsewhere.nii".into()));
        assert_eq!(config.run.output, Path::new("runs"));
    }

    #[test]
    fn missing_file_is_named() {
        let error = Config::load(Some(Path::new("no/such.toml"))).unwrap_err().to_string();
        assert!(error.contains("no/such.toml"), "{error}");
    }
}
