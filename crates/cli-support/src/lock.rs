//! One program at a time in a folder of results: two would write over each other's.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// The usual name of the file, in the folder that it stands for.
pub const FILE: &str = ".lock";

/// Holds a folder until it is dropped, or the process ends in whichever way: the lock is the operating system's, so none can
/// stay behind. The file stays: to remove it would let two programs lock two files of one name.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Who holds it, for people.
#[derive(Debug, Serialize, Deserialize)]
struct Holder {
    since: String,
    process: u32,
    host: String,
}

impl Lock {
    /// Locks a file, which is made if it is missing, and its folder too. `what` is how messages call what it stands for;
    /// `otherwise` ends the sentence "wait for it, stop it, or".
    ///
    /// # Errors
    /// If another program holds it, which the message names with the time since when, or the folder cannot be written to.
    pub fn take(path: &Path, what: &Path, otherwise: &str) -> Result<Self> {
        Self::open(path, what, otherwise, File::try_lock)
    }

    /// As [`Self::take`], beside others that share it.
    ///
    /// # Errors
    /// As [`Self::take`]; programs that share it do not stand in each other's way.
    pub fn share(path: &Path, what: &Path, otherwise: &str) -> Result<Self> {
        Self::open(path, what, otherwise, File::try_lock_shared)
    }

    fn open(
        path: &Path,
        what: &Path,
        otherwise: &str,
        lock: fn(&File) -> Result<(), TryLockError>,
    ) -> Result<Self> {
        fs_err::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        let about = || format!("{} cannot be locked", path.display());
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)
            .with_context(about)?;
        match lock(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                bail!(
                    "{}: another run works here{}; wait for it, stop it, or {otherwise}",
                    what.display(),
                    whose(&mut file)
                )
            }
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

/// Who holds the file, for a message.
fn whose(file: &mut File) -> String {
    let mut text = String::new();
    let holder = file
        .rewind()
        .and_then(|()| file.read_to_string(&mut text))
        .ok()
        .and_then(|_| serde_json::from_str::<Holder>(&text).ok());
    holder.map_or_else(String::new, |Holder { since, process, host }| {
        format!(", since {since} (process {process} on {host})")
    })
}

/// Day, hour and minute in UTC.
pub fn now() -> String {
    let now = OffsetDateTime::now_utc();
    format!("{} {:02}:{:02} UTC", now.date(), now.hour(), now.minute())
}

/// The machine's name, where the system tells it.
pub fn host() -> String {
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
        let file = run.join(FILE);
        let take = || Lock::take(&file, &run, "choose another name");
        let held = take().unwrap();
        let error = take().unwrap_err().to_string();
        let process = format!("process {} on {}", std::process::id(), host());
        for part in
            ["runs/quick: another run works here, since 2", " UTC", &process, "or choose another name"]
        {
            assert!(error.contains(part), "{error}");
        }
        Lock::share(&file, &run, "").unwrap_err();
        drop(held);
        let share = || Lock::share(&file, &run, "choose another name");
        let parts = [share().unwrap(), share().unwrap()];
        take().unwrap_err();
        drop(parts);
        assert!(file.exists());
        take().unwrap();
        crate::files::write(&file, b"not what it should be").unwrap();
        take().unwrap();
    }
}
