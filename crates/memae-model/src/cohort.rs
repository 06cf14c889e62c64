//! A cohort of preprocessed volumes in one memory-mapped file.
//!
//! Layout: an 8-byte magic, the offset and the length of the header (little-endian u64), zeros up to byte 4096, then the
//! voxels as little-endian u16, then the header as JSON. Voxels lie subject by subject and slice by slice, `[k][i][j]`, so that
//! the three slices of a window are contiguous. 0 is background; 1..=65535 spread evenly over the subject's value range, which
//! is [0, 1] unless its brain has values outside. So the file also holds the brain mask, and the error is at most
//! 0.5 / 65534 of the range.

use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use memmap2::Mmap;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::{Error, Result, files};

const MAGIC: [u8; 8] = *b"MEMAECH1";
const DATA_OFFSET: usize = 4096;
/// Steps between the darkest and the brightest brain value.
const STEPS: f32 = 65534.0;

/// What the file says about itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Header {
    /// Voxels along [i, j, k].
    shape: [usize; 3],
    subjects: Vec<Subject>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Subject {
    name: String,
    /// Values of the quantized 1 and 65535.
    range: [f32; 2],
    /// Brain voxels in each axial slice.
    brain_voxels: Vec<u32>,
}

/// Three neighbouring axial slices of one subject; the model predicts the centre one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Index of the subject in the cohort.
    pub subject: usize,
    /// Index k of the centre slice.
    pub slice: usize,
}

/// Writes a cohort file, one subject after the other.
///
/// # Example
/// ```
/// use memae_model::cohort::{Cohort, CohortWriter};
/// # fn main() -> memae_model::Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("train.cohort");
/// let mut writer = CohortWriter::create(&path, [16, 16, 3])?;
/// writer.push("sub-01", &vec![0.5; 16 * 16 * 3], &vec![true; 16 * 16 * 3])?;
/// writer.finish()?;
/// assert_eq!(Cohort::open(&path)?.name(0), "sub-01");
/// # Ok(())
/// # }
/// ```
pub struct CohortWriter {
    path: PathBuf,
    file: BufWriter<NamedTempFile>,
    header: Header,
}

impl CohortWriter {
    /// Begins a cohort of volumes of `shape` = [i, j, k] voxels. Nothing appears at `path` before [`Self::finish`].
    ///
    /// # Errors
    /// [`Error::Io`] when the folder cannot be made or written.
    pub fn create(path: impl AsRef<Path>, shape: [usize; 3]) -> Result<Self> {
        let path = path.as_ref().to_owned();
        let file = files::begin(&path)
            .and_then(|mut file| file.write_all(&[0; DATA_OFFSET]).map(|()| file))
            .map_err(|source| Error::io(&path, source))?;
        Ok(Self { path, file, header: Header { shape, subjects: Vec::new() } })
    }

    /// Adds a subject: its preprocessed `volume` and brain `mask`, both [i, j, k] with k fastest. Voxels outside the mask
    /// are stored as background.
    ///
    /// # Errors
    /// [`Error::Invalid`] when lengths do not fit the shape, a name repeats, a brain value is not finite, or the mask is
    /// empty; [`Error::Io`] when the disk refuses.
    pub fn push(&mut self, name: &str, volume: &[f32], mask: &[bool]) -> Result<()> {
        let [ni, nj, nk] = self.header.shape;
        if volume.len() != ni * nj * nk || mask.len() != volume.len() {
            return Err(Error::invalid(format!(
                "{name}: {} voxels and {} mask voxels do not fill a volume of {ni} x {nj} x {nk}",
                volume.len(),
                mask.len()
            )));
        }
        if self.header.subjects.iter().any(|subject| subject.name == name) {
            return Err(Error::invalid(format!("subject {name} is in the cohort twice")));
        }
        if !mask.contains(&true) {
            return Err(Error::invalid(format!("{name}: the brain mask is empty; check its preprocessing")));
        }
        let (mut low, mut high) = (0.0f32, 1.0f32);
        for (value, _) in volume.iter().zip(mask).filter(|(_, inside)| **inside) {
            if !value.is_finite() {
                return Err(Error::invalid(format!(
                    "{name}: a brain voxel is {value}; check its preprocessing"
                )));
            }
            (low, high) = (low.min(*value), high.max(*value));
        }
        let scale = STEPS / (high - low);
        let mut brain_voxels = vec![0; nk];
        let mut slice = vec![0u16; ni * nj];
        for (k, count) in brain_voxels.iter_mut().enumerate() {
            for (pixel, quantized) in slice.iter_mut().enumerate() {
                let voxel = pixel * nk + k;
                *quantized = if mask[voxel] { ((volume[voxel] - low) * scale).round() as u16 + 1 } else { 0 };
                *count += u32::from(mask[voxel]);
                *quantized = quantized.to_le();
            }
            self.file
                .write_all(bytemuck::cast_slice(&slice))
                .map_err(|source| Error::io(&self.path, source))?;
        }
        self.header.subjects.push(Subject { name: name.to_owned(), range: [low, high], brain_voxels });
        Ok(())
    }

    /// Completes the file and puts it at its path.
    ///
    /// # Errors
    /// [`Error::Io`] when the disk refuses.
    pub fn finish(self) -> Result<()> {
        let Self { path, mut file, header } = self;
        let voxels = header.shape.iter().product::<usize>();
        let json = serde_json::to_vec(&header).map_err(|error| Error::invalid(error.to_string()))?;
        let mut write = || -> std::io::Result<()> {
            file.write_all(&json)?;
            file.seek(SeekFrom::Start(0))?;
            file.write_all(&MAGIC)?;
            let offset = DATA_OFFSET + 2 * voxels * header.subjects.len();
            file.write_all(&(offset as u64).to_le_bytes())?;
            file.write_all(&(json.len() as u64).to_le_bytes())
        };
        write().and_then(|()| files::finish(file, &path)).map_err(|source| Error::io(&path, source))
    }
}

/// A cohort file, mapped into memory: its size does not matter.
#[derive(Debug)]
pub struct Cohort {
    path: PathBuf,
    map: Mmap,
    header: Header,
}

impl Cohort {
    /// Opens a file that [`CohortWriter`] wrote.
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn write(path: &Path, shape: [usize; 3], volumes: &[(Vec<f32>, Vec<bool>)]) -> Cohort {
        let mut writer = CohortWriter::create(path, shape).unwrap();
        for (i, (volume, mask)) in volumes.iter().enumerate() {
            writer.push(&format!("sub-{i}"), volume, mask).unwrap();
        }
        writer.finish().unwrap();
        Cohort::open(path).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn volumes_come_back(values in prop::collection::vec((0.0f32..=1.0, any::<bool>()), 24), scale in 1.0f32..9.0) {
            let folder = tempfile::tempdir().unwrap();
            let mut volume: Vec<f32> = values.iter().map(|(value, _)| value * scale).collect();
            let mut mask: Vec<bool> = values.iter().map(|(_, inside)| *inside).collect();
            mask[0] = true;
            let cohort = write(&folder.path().join("c"), [2, 3, 4], &[(volume.clone(), mask.clone())]);
            for (value, inside) in volume.iter_mut().zip(&mask) {
                if !inside { *value = 0.0; }
            }
            prop_assert_eq!(cohort.mask(0), mask);
            for (a, b) in cohort.volume(0).iter().zip(&volume) {
                prop_assert!((a - b).abs() <= 0.51 * scale / STEPS + 1e-6);
            }
        }
    }

    #[test]
    fn ends_of_the_range_are_exact_and_windows_need_brain() {
        let folder = tempfile::tempdir().unwrap();
        let shape = [1, 2, 5];
        let mut mask = vec![true; 10];
        for k in [3, 4] {
            mask[k] = false;
            mask[5 + k] = false;
        }
        let volume = vec![0.0, 1.0, 0.5, 0.0, 0.0, 1.0, 0.0, 0.25, 0.0, 0.0];
        let cohort = write(&folder.path().join("c"), shape, &[(volume.clone(), mask)]);
        for (a, b) in cohort.volume(0).iter().zip(&volume) {
            assert!(a == b || (b.fract() != 0.0 && (a - b).abs() < 1e-5), "{a} {b}");
        }
        assert_eq!(cohort.brain_voxels(0), [2, 2, 2, 0, 0]);
        let (kept, dropped) = cohort.windows(false);
        assert_eq!((kept.iter().map(|w| w.slice).collect::<Vec<_>>(), dropped), (vec![1, 2], 1));
        assert_eq!(cohort.windows(true).0.len(), 3);
    }

    #[test]
    fn damaged_files_are_refused_with_their_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.cohort");
        write(&path, [2, 2, 2], &[(vec![0.5; 8], vec![true; 8])]);
        let whole = std::fs::read(&path).unwrap();
        for bytes in [Vec::new(), b"text".to_vec(), whole[..whole.len() - 1].to_vec(), vec![7; 9000]] {
            std::fs::write(&path, bytes).unwrap();
            let error = Cohort::open(&path).unwrap_err().to_string();
            assert!(error.contains("c.cohort"), "{error}");
        }
    }

    #[test]
    fn bad_subjects_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = CohortWriter::create(folder.path().join("c"), [1, 1, 2]).unwrap();
        assert!(writer.push("short", &[0.0], &[true]).is_err());
        assert!(writer.push("nan", &[f32::NAN, 0.0], &[true, true]).is_err());
        writer.push("a", &[0.1, 0.2], &[true, true]).unwrap();
        assert!(writer.push("a", &[0.1, 0.2], &[true, true]).unwrap_err().to_string().contains("twice"));
    }
}
