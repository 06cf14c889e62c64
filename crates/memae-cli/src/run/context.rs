//! A run: its settings, where its files lie, and its subjects, each found out once and handed on to all stages.

use std::sync::OnceLock;

use anyhow::{Context, Result};

use crate::config::Config;
use crate::data::cohorts::Subjects;
use crate::data::heads::Heads;
use crate::run::cohort::Cohort;
use crate::run::layout::Layout;

/// What all stages of a run share.
pub(crate) struct Run {
    pub(crate) config: Config,
    pub(crate) layout: Layout,
    heads: Option<Heads>,
    subjects: OnceLock<Subjects>,
    cohort: OnceLock<Cohort>,
}

impl Run {
    /// Looks for the data; synthetic heads need not be made yet.
    ///
    /// # Errors
    /// If data is missing; the message says what to obtain.
    pub(crate) fn new(config: Config) -> Result<Self> {
        let run = Self {
            layout: Layout::new(&config.run_folder()),
            heads: Heads::plan(&config)?,
            config,
            subjects: OnceLock::new(),
            cohort: OnceLock::new(),
        };
        if run.heads.is_none() {
            run.subjects()?;
        }
        Ok(run)
    }

    /// A run with other settings for networks and evaluation on the same preprocessed cohort.
    ///
    /// # Errors
    /// If the cohort is not known yet.
    pub(crate) fn with(&self, config: Config) -> Result<Self> {
        let cohort = self.cohort.get().context("the cohort is preprocessed before others share it")?;
        Ok(Self {
            layout: Layout::new(&config.run_folder()).on_cohort_of(&self.layout),
            heads: Heads::plan(&config)?,
            config,
            subjects: OnceLock::new(),
            cohort: OnceLock::from(cohort.clone()),
        })
    }

    /// The heads of a synthetic run.
    pub(crate) fn heads(&self) -> Option<&Heads> {
        self.heads.as_ref()
    }

    /// All subjects, looked for on the disk at the first call.
    pub(crate) fn subjects(&self) -> Result<&Subjects> {
        once(&self.subjects, || Subjects::find(&self.config, self.heads()))
    }

    /// The preprocessed cohort, which `find` finds if nobody has before.
    pub(crate) fn cohort(&self, find: impl FnOnce() -> Result<Cohort>) -> Result<&Cohort> {
        once(&self.cohort, find)
    }
}

/// What a cell holds, or what it is filled with now.
pub(crate) fn once<T>(cell: &OnceLock<T>, find: impl FnOnce() -> Result<T>) -> Result<&T> {
    match cell.get() {
        Some(found) => Ok(found),
        None => find().map(|found| cell.get_or_init(|| found)),
    }
}
