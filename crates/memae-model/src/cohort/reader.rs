//! Reading cohort files through a memory map.

use std::fs::File;
use std::path::{Path, PathBuf};

use memmap2::Mmap;

use super::format::{DATA_OFFSET, Header, MAGIC, STEPS};
use super::window::Window;
use crate::{Error, Result};

/// A cohort file, mapped into memory: its size does not matter.
#[derive(Debug)]
pub struct Cohort {
    path: PathBuf,
    map: Mmap,
    header: Header,
}

impl Cohort {
    /// Opens a file that [`CohortWriter`](super::CohortWriter) wrote.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be read, [`Error::File`] when it is no cohort file or is damaged.
    ///
    /// # Panics
    /// Never: the words of the header are inside the file by then.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let damaged = |reason: &str| Error::file(path, format!("{reason}; run the preprocessing again"));
        let file = File::open(path).map_err(|source| Error::io(path, source))?;
        let map = map(&file).map_err(|source| Error::io(path, source))?;
        if map.len() < DATA_OFFSET || map[..8] != MAGIC {
            return Err(damaged("not a cohort file of this program"));
        }
        let word = |at: usize| u64::from_le_bytes(map[at..at + 8].try_into().expect("eight bytes")) as usize;
        let (offset, length) = (word(8), word(16));
        let json = offset
            .checked_add(length)
            .filter(|end| *end == map.len() && offset >= DATA_OFFSET)
            .map(|end| &map[offset..end])
            .ok_or_else(|| damaged("the cohort file is cut short"))?;
        let header: Header =
            serde_json::from_slice(json).map_err(|error| damaged(&format!("bad header: {error}")))?;
        let voxels = header.shape.iter().try_fold(1usize, |product, n| product.checked_mul(*n));
        let size = voxels.and_then(|voxels| voxels.checked_mul(2 * header.subjects.len()));
        let slices = header.shape[2];
        if size != Some(offset - DATA_OFFSET)
            || header.subjects.iter().any(|s| s.brain_voxels.len() != slices)
        {
            return Err(damaged("header and voxels of the cohort file do not fit"));
        }
        Ok(Self { path: path.to_owned(), map, header })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Voxels of each volume along [i, j, k].
    pub fn shape(&self) -> [usize; 3] {
        self.header.shape
    }

    /// Pixels of an axial slice along [i, j].
    pub fn sides(&self) -> [usize; 2] {
        [self.header.shape[0], self.header.shape[1]]
    }

    /// Number of subjects.
    pub fn len(&self) -> usize {
        self.header.subjects.len()
    }

    /// Whether there is no subject.
    pub fn is_empty(&self) -> bool {
        self.header.subjects.is_empty()
    }

    /// Name of a subject, counted from 0.
    ///
    /// # Panics
    /// When there is no such subject; so do the other methods that take one.
    pub fn name(&self, subject: usize) -> &str {
        &self.header.subjects[subject].name
    }

    /// Names of all subjects in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.header.subjects.iter().map(|subject| subject.name.as_str())
    }

    /// Brain voxels in each axial slice of a subject.
    pub fn brain_voxels(&self, subject: usize) -> &[u32] {
        &self.header.subjects[subject].brain_voxels
    }

    /// All windows of three neighbouring slices, and the number of windows dropped because their centre slice holds no brain
    /// (0 with `keep_empty`).
    pub fn windows(&self, keep_empty: bool) -> (Vec<Window>, usize) {
        let last = self.header.shape[2].saturating_sub(1);
        let all = (0..self.len()).flat_map(|subject| (1..last).map(move |slice| Window { subject, slice }));
        let (kept, dropped): (Vec<_>, Vec<_>) =
            all.partition(|window| keep_empty || self.brain_voxels(window.subject)[window.slice] > 0);
        (kept, dropped.len())
    }

    /// The volume of a subject, [i, j, k] with k fastest; background is 0.
    pub fn volume(&self, subject: usize) -> Vec<f32> {
        let dequantize = self.dequantize(subject);
        self.by_voxel(subject, dequantize)
    }

    /// The brain mask of a subject, [i, j, k] with k fastest.
    pub fn mask(&self, subject: usize) -> Vec<bool> {
        self.by_voxel(subject, |quantized| quantized > 0)
    }

    /// The quantized pixels of one axial slice, [i, j] with j fastest.
    pub(crate) fn slice(&self, subject: usize, slice: usize) -> &[u16] {
        let [ni, nj, nk] = self.header.shape;
        let first = DATA_OFFSET + 2 * ni * nj * (subject * nk + slice);
        // A map starts at a page, so the bytes are aligned.
        bytemuck::cast_slice(&self.map[first..first + 2 * ni * nj])
    }

    /// Bytes of all voxels.
    pub(crate) fn bytes(&self) -> usize {
        2 * self.len() * self.header.shape.iter().product::<usize>()
    }

    /// The true value of a subject's quantized 1, and the step to that of the next.
    pub(crate) fn scale(&self, subject: usize) -> (f32, f32) {
        let [low, high] = self.header.subjects[subject].range;
        (low, (high - low) / STEPS)
    }

    /// The function from quantized to true values of a subject.
    pub(crate) fn dequantize(&self, subject: usize) -> impl Fn(u16) -> f32 + Copy + use<> {
        let (low, step) = self.scale(subject);
        move |quantized| {
            let quantized = u16::from_le(quantized);
            if quantized == 0 { 0.0 } else { low + f32::from(quantized - 1) * step }
        }
    }

    fn by_voxel<T: Clone + Default>(&self, subject: usize, value: impl Fn(u16) -> T) -> Vec<T> {
        let [ni, nj, nk] = self.header.shape;
        let mut voxels = vec![T::default(); ni * nj * nk];
        for k in 0..nk {
            for (pixel, quantized) in self.slice(subject, k).iter().enumerate() {
                voxels[pixel * nk + k] = value(*quantized);
            }
        }
        voxels
    }
}

#[allow(unsafe_code)]
fn map(file: &File) -> std::io::Result<Mmap> {
    // SAFETY: cohort files are written under another name and then renamed, so this program never changes or cuts one that is
    // open; any bytes are valid u16.
    unsafe { Mmap::map(file) }
}
