//! One program at a time in a run's folder: two would write over each other's results.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// In the run's folder.
const FILE: &str = ".lock";

/// Holds a run's folder until it is dropped, or the process ends in whichever way: the lock is the operating system's, so none
/// can stay behind.
#[derive(Debug)]
pub(crate) struct RunLock {
    _file: File,
}

/// Who holds it, for people.
#[derive(Debug, Serialize, Deserialize)]
struct Holder {
    since: String,
    process: u32,
    host: String,
}

impl RunLock {
    /// Takes a run's folder, which is made if it is missing.
    ///
    /// # Errors
    /// If another program works there, or the folder cannot be written to.
    pub(crate) fn take(run: &Path) -> Result<Self> {
        Self::open(run, File::try_lock)
    }

    /// Takes a run's folder for a part of a stage, beside others that do other parts.
    ///
    /// # Errors
    /// As [`Self::take`]; programs that do parts do not stand in each other's way.
    pub(crate) fn share(run: &Path) -> Result<Self> {
        Self::open(run, File::try_lock_shared)
    }

    fn open(run: &Path, lock: fn(&File) -> Result<(), TryLockError>) -> Result<Self> {
        fs_err::create_dir_all(run)?;
        let path = run.join(FILE);
        let about = || format!("{} cannot be locked", path.display());
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .with_context(about)?;
        match lock(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!("{}", busy(run, &mut file)),
            // Some network disks know no locks.
            Err(TryLockError::Error(error)) => {
                tracing::warn!("{}: {error}: make sure that no other program works in that folder", about());
            }
        }
        let holder = Holder { since: now(), process: std::process::id(), host: host() };
        file.set_len(0).with_context(about)?;
        file.write_all(&serde_json::to_vec(&holder)?).with_context(about)?;
        Ok(Self { _file: file })
    }
}

/// What to say of a folder that is taken.
fn busy(run: &Path, file: &mut File) -> String {
    let mut text = String::new();
    let holder = file
        .rewind()
        .and_then(|()| file.read_to_string(&mut text))
        .ok()
        .and_then(|_| serde_json::from_str::<Holder>(&text).ok());
    let whose = holder.map_or_else(String::new, |Holder { since, process, host }| {
        format!(", since {since} (process {process} on {host})")
    });
    format!(
        "{}: another run works here{whose}; wait for it, stop it, or choose another name in [run]",
        run.display()
    )
}

/// Day, hour and minute in UTC.
pub(super) fn now() -> String {
    let now = OffsetDateTime::now_utc();
    format!("{} {:02}:{:02} UTC", now.date(), now.hour(), now.minute())
}

/// The machine's name, where the system tells it.
pub(super) fn host() -> String {
    let told = fs_err::read_to_string("/proc/sys/kernel/hostname")
        .or_else(|_| fs_err::read_to_string("/etc/hostname"));
    told.map_or_else(
        |_| std::env::var("HOSTNAME").unwrap_or_else(|_| "this machine".to_owned()),
        |name| name.trim().to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_folder_is_refused_with_who_holds_it_and_a_lock_left_behind_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("runs/quick");
        let held = RunLock::take(&run).unwrap();
        let error = RunLock::take(&run).unwrap_err().to_string();
        let process = format!("process {} on {}", std::process::id(), host());
        for part in ["runs/quick: another run works here, since 2", " UTC", &process] {
            assert!(error.contains(part), "{error}");
        }
        RunLock::share(&run).unwrap_err();
        drop(held);
        let parts = [RunLock::share(&run).unwrap(), RunLock::share(&run).unwrap()];
        RunLock::take(&run).unwrap_err();
        drop(parts);
        assert!(run.join(FILE).exists());
        RunLock::take(&run).unwrap();
        cli_support::files::write(&run.join(FILE), b"not what it should be").unwrap();
        RunLock::take(&run).unwrap();
    }
}
