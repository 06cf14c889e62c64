//! The packed form of a cohort that training maps into memory.

use std::path::Path;

use anyhow::Result;
use cli_support::interrupt;
use cli_support::progress::Task;
use memae_model::cohort::CohortWriter;

use crate::run::cohort::Prepared;

/// Packs the subjects' preprocessed volumes into one file.
pub(super) fn pack(subjects: &[Prepared], path: &Path, shape: [usize; 3]) -> Result<()> {
    let task = Task::new("pack", subjects.len());
    let mut writer = CohortWriter::create(path, shape)?;
    for subject in subjects {
        interrupt::check()?;
        let (scan, mask) = subject.read()?;
        writer.push(&subject.name, scan.as_slice(), mask.as_slice())?;
        task.step(&subject.name);
    }
    Ok(writer.finish()?)
}
