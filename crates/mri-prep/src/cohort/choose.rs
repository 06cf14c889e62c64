//! Which scans of a BIDS data set are taken.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Result, ensure};
use cli_support::progress::say;
use cli_support::subjects::{self, Names, bare};
use mri_io::find::{BidsScan, bids_scans};

use super::arguments::Choice;
use crate::files::about;

/// The scans of this suffix that belong to the chosen subjects and have the chosen entities. What is left out without being
/// asked to is told.
///
/// # Errors
/// If a folder, list or table cannot be read, a subject that `--include` names has no scan, or none is left.
pub(super) fn chosen(root: &Path, suffix: &str, choice: &Choice) -> Result<Vec<BidsScan>> {
    let found = bids_scans(root, suffix)?;
    let names = |names: &[String]| (!names.is_empty()).then(|| Names::from_arguments(names));
    let (include, exclude) = (names(&choice.include), names(&choice.exclude));
    let subjects =
        subjects::Choice::read(include.as_ref(), exclude.as_ref(), choice.participants.as_ref(), root)?;
    for left_out in &found.left_out {
        let path = left_out.place();
        if subject(path.strip_prefix(root).unwrap_or(path)).is_none_or(|name| subjects.has(&name)) {
            say(format!("warning: {left_out}"));
        }
    }
    let of = |scan: &BidsScan| subject(&scan.place).unwrap_or_default();
    let with_scan: BTreeSet<String> = found.scans.iter().map(|scan| bare(&of(scan)).to_owned()).collect();
    let with_scan: BTreeSet<&str> = with_scan.iter().map(String::as_str).collect();
    let missing = subjects.missing(&with_scan);
    ensure!(
        missing.is_empty(),
        "{}: --include names {} without a scan *_{suffix}: {}",
        about(root),
        subjects::subjects(missing.len()),
        subjects::some_of(&missing)
    );
    for remark in subjects.remarks(&with_scan) {
        say(format!("warning: {}: {remark}", about(root)));
    }
    ensure!(
        !found.scans.is_empty(),
        "{}: no scan of the form sub-*/[ses-*/]anat/*_{suffix}.nii[.gz]: is this the root of a BIDS data set?",
        about(root)
    );
    let has = |scan: &BidsScan, entity: &String| scan.id.split('_').any(|part| part == entity);
    let mut scans = found.scans;
    scans.retain(|scan| subjects.has(&of(scan)) && choice.entities.iter().all(|entity| has(scan, entity)));
    ensure!(
        !scans.is_empty(),
        "{}: no scan *_{suffix} is left by --include, --exclude, --participants and --entities",
        about(root)
    );
    Ok(scans)
}

/// The subject of a path below the data set's root.
fn subject(place: &Path) -> Option<String> {
    place.components().next().map(|first| first.as_os_str().to_string_lossy().into_owned())
}
