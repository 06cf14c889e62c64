//! Ranges of all values. Every problem is reported, not the first alone.

use std::fmt::Display;

use memae_model::ModelKind;

use super::{Config, Data};

/// All problems of a configuration, each with section, key and allowed range; empty if it is good.
pub(super) fn problems(config: &Config) -> Vec<String> {
    let mut problems = Problems(Vec::new());
    problems.run(config);
    problems.data(&config.data);
    problems.reference(config);
    problems.library("[preprocess]", config.preprocess.check());
    problems.library("[train]", config.train.check());
    problems.library("[evaluate.protocols]", config.evaluate.protocols.check());
    problems.library("[evaluate.lesions]", config.evaluate.lesions.check());
    problems.library("[evaluate.bootstrap]", config.evaluate.bootstrap.check());
    problems.library("[evaluate.post_processing]", config.evaluate.post_processing.check());
    problems.within("[package] smallest_ml", config.package.smallest_ml, 0.0, 100.0);
    problems.within("[report] figure_subjects", config.report.figure_subjects, 1, 8);
    problems.within("[cluster] shards", config.cluster.shards, 1, 10_000);
    problems.within("[cluster] threads", config.cluster.threads, 1, 1024);
    problems.within("[report] viewer_subjects", config.report.viewer_subjects, 0, 16);
    problems.0
}

struct Problems(Vec<String>);

impl Problems {
    fn add(&mut self, problem: impl Into<String>) {
        self.0.push(problem.into());
    }

    fn within<T: PartialOrd + Display + Copy>(&mut self, key: &str, value: T, low: T, high: T) {
        if !(low..=high).contains(&value) {
            self.add(format!("{key} = {value} is outside {low} to {high}"));
        }
    }

    /// A library's own check, which names the key.
    fn library<E: Display>(&mut self, section: &str, checked: Result<(), E>) {
        if let Err(error) = checked {
            self.add(format!("{section} {error}"));
        }
    }

    fn run(&mut self, config: &Config) {
        let run = &config.run;
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if run.name.is_empty() || run.name.starts_with('.') || !run.name.chars().all(plain) {
            self.add(format!(
                "[run] name = \"{}\" is no plain name: use letters, digits, `-`, `_` and `.`, not first",
                run.name
            ));
        }
        self.within("[run] threads", run.threads, 0, 1024);
        self.within("[run] threads_per_model", run.threads_per_model, 0, 1024);
        if run.models.is_empty() {
            let known = ModelKind::ALL.map(ModelKind::id).join(", ");
            self.add(format!("[run] models is empty: name at least one of {known}"));
        }
        for (i, model) in run.models.iter().enumerate() {
            if run.models[..i].contains(model) {
                self.add(format!("[run] models names {model} twice"));
            }
        }
    }

    fn data(&mut self, data: &Data) {
        let (train, validation) = data.healthy();
        self.within("[data] train", train, 1, 1_000_000);
        self.within("[data] validation", validation, 1, 1_000_000);
        if let Some(test) = data.test() {
            self.within("[data] test", test, 1, 1_000_000);
        }
        if let Data::Synthetic(data) = data {
            self.library("[data.scan]", data.scan.check());
            if data.lesions.is_empty() {
                self.add("[data] lesions is empty: name at least one of glioma, infarct, ms");
            }
        }
    }

    fn reference(&mut self, config: &Config) {
        let reference = &config.reference;
        for side in reference.shape {
            self.within("[reference] shape", side, 1, 4096);
        }
        for spacing in reference.spacing {
            self.within("[reference] spacing", spacing, 0.1, 12.0);
        }
        if reference.mask.is_some() && reference.file.is_none() {
            self.add("[reference] mask is given without file: the built-in brains have their own");
        }
        if reference.builtin.is_some() && reference.file.is_some() {
            self.add("[reference] builtin and file are both given: scans are registered to one of them");
        }
        self.library(
            "[model] or [reference] shape:",
            config.model.check([reference.shape[0], reference.shape[1]]),
        );
    }
}
