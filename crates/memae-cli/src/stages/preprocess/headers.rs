//! Files that do not belong together are known by their headers, before the first scan is worked on.

use std::path::Path;

use anyhow::{Result, bail};
use cli_support::subjects::none_of;
use mri_io::{Grid, Volume};

use crate::data::cohorts::Member;

/// Reads the headers of all files.
///
/// # Errors
/// If some cannot be read, or a mask or segmentation lies on another grid than its scan; names all of them.
pub(super) fn check(members: &[Member]) -> Result<()> {
    let problems: Vec<String> = members.iter().flat_map(of_member).collect();
    none_of(&problems)
}

fn of_member(member: &Member) -> Vec<String> {
    let subject = &member.subject;
    let about = |problem: anyhow::Error| format!("subject {}: {problem:#}", subject.name);
    let scan = match mri_io::nifti::read_header(&subject.scan) {
        Ok(header) => header.grid(),
        Err(error) => return vec![about(error.into())],
    };
    let labels = [("mask", &subject.mask), ("segmentation", &subject.segmentation)];
    let given = labels.into_iter().filter_map(|(what, path)| Some((what, path.as_deref()?)));
    given.filter_map(|(what, path)| fits(what, path, &scan).err().map(about)).collect()
}

fn fits(what: &str, path: &Path, scan: &Grid) -> Result<()> {
    let own = mri_io::nifti::read_header(path)?.grid();
    if own.matches(scan, Grid::TOLERANCE) {
        return Ok(());
    }
    // Which knows more about how they differ.
    let Err(error) = Volume::filled(&own, true)?.check_on(scan) else { return Ok(()) };
    bail!("{}: the {what} of its scan: {error}", path.display());
}
