//! Writing cohort files.

use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::format::{DATA_OFFSET, Header, MAGIC, STEPS, Subject};
use crate::{Error, Result, files};

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
