//! The volumes of a file that holds several: functional and diffusion series, echoes.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::{Fault, Header, StoredVolume, bytes};
use crate::{Error, Result};

/// The volumes of a file one after the other, in their stored type. One at a time is in memory.
pub struct Series {
    path: PathBuf,
    header: Header,
    voxels: Box<dyn Read + Send>,
    next: usize,
}

impl Series {
    /// Opens a file that [`crate::read`] reads, or would read if it held one volume. What is odd about the header is not told
    /// as events: for who tells it otherwise.
    ///
    /// # Errors
    /// As [`crate::read`], but for the number of volumes.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let (header, path, voxels) = bytes::stream(path.as_ref())?;
        Ok(Self { path, header, voxels, next: 0 })
    }

    /// What the header says of all of them.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Reads on to volume `number`, counted from 0 (as nibabel, FSL and `MRtrix` count), and takes it.
    ///
    /// # Errors
    /// If there is no such volume, or one before it was the last that was taken; and as [`crate::read`].
    pub fn take_volume(&mut self, number: usize) -> Result<StoredVolume> {
        let refused = |why: String| Err(Error::nifti(&self.path, Fault::Volume, why));
        if number >= self.header.volumes {
            let there = match self.header.volumes {
                1 => "the only one is volume 0".to_owned(),
                n => format!("there are {n}, from 0 to {}", n - 1),
            };
            return refused(format!("has no volume {number}: {there}"));
        }
        let Some(between) = number.checked_sub(self.next) else {
            return refused(format!("was read beyond volume {number}: open it again"));
        };
        let before = between as u64 * self.header.data_length() as u64;
        bytes::skip(&self.path, &mut self.voxels, before)?;
        self.next = number + 1;
        let voxels = bytes::exactly(&self.path, &mut self.voxels, &self.header)?;
        StoredVolume::decode(&self.header, &voxels)
    }
}

impl Iterator for Series {
    type Item = Result<StoredVolume>;

    fn next(&mut self) -> Option<Self::Item> {
        (self.next < self.header.volumes).then(|| self.take_volume(self.next))
    }
}
