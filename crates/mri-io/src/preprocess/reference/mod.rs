//! What scans are registered to.

use crate::resample::{Interpolation, resample, resample_mask};
use crate::{Affine, Error, Grid, Mask, Result, RigidTransform, Volume};

/// The mean T2 brain of ten label maps and their mirror images, by `make_reference` of `mri-phantom` (see NOTICE
/// beside it).
const T2: &[u8] = include_bytes!("t2.nii.gz");
/// `NIFTI_XFORM_ALIGNED_ANAT`: the world of a template that is none of the standard ones.
pub(crate) const TEMPLATE: u8 = 2;

/// What scans are registered to: a volume on the grid that all results share, and its brain.
#[derive(Clone, Debug)]
pub struct Reference {
    volume: Volume<f32>,
    mask: Mask,
}

impl Reference {
    /// A reference volume, with or without skull, and the mask of its brain.
    ///
    /// # Errors
    /// If both do not lie on the same grid, or the mask is empty.
    pub fn new(volume: Volume<f32>, mask: Mask) -> Result<Self> {
        mask.check_on(&volume.grid()).map_err(|error| error.of("the reference"))?;
        Ok(Self { volume, mask })
    }

    /// The built-in T2 brain of real anatomy, upright and symmetric about x = 0, of mean size, on its own grid of
    /// 2 mm with the middle of the brain near the origin. Intensities are 1 to 255 in the brain, with the fluid in
    /// its sulci, and 0 outside.
    ///
    /// It is the mean of T2 renderings of ten label maps of `SynthSeg`'s training set (Billot et al., Medical
    /// Image Analysis 86, 2023; Apache-2.0); no scan went into it. It takes a few milliseconds to unpack.
    ///
    /// # Errors
    /// None on a program whose own bytes are whole.
    pub fn t2() -> Result<Self> {
        let volume = crate::nifti::read_bytes("the built-in T2 reference", T2.to_vec())?;
        let affine = volume.affine().with_code(TEMPLATE);
        let volume = Volume::new(volume.into_data(), affine)?;
        let mask = volume.map(|&value| value > 0.0);
        Self::new(volume, mask)
    }

    /// The volume.
    pub fn volume(&self) -> &Volume<f32> {
        &self.volume
    }

    /// Its brain.
    pub fn mask(&self) -> &Mask {
        &self.mask
    }

    /// A grid of this shape (voxels along right, front and top) and spacing (mm) with its middle at the middle of
    /// the box around the brain. Files on it say that their world is the reference's.
    ///
    /// # Errors
    /// If the grid does not hold the brain, or has no voxels.
    pub fn grid_around(&self, shape: [usize; 3], spacing: [f64; 3]) -> Result<Grid> {
        let (mut low, mut high) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
        for world in self.mask.points() {
            for axis in 0..3 {
                low[axis] = low[axis].min(world[axis]);
                high[axis] = high[axis].max(world[axis]);
            }
        }
        let grid = Grid::centred(shape, spacing)?;
        let mut matrix = *grid.affine.matrix();
        for axis in 0..3 {
            let (brain, side) = (high[axis] - low[axis], shape[axis] as f64 * spacing[axis]);
            if brain > side {
                return Err(Error::GridTooSmall { axis, side_mm: side, brain_mm: brain });
            }
            matrix[(axis, 3)] += 0.5 * (low[axis] + high[axis]);
        }
        let affine = Affine::new(matrix)?;
        let affine = self.volume.affine().code().map_or(affine, |code| affine.with_code(code));
        Ok(Grid { affine, ..grid })
    }

    /// The same reference on another grid, by linear interpolation; 0 beyond its own.
    ///
    /// # Errors
    /// If the grid has no voxels or does not reach the brain.
    pub fn on_grid(&self, grid: &Grid) -> Result<Self> {
        let identity = RigidTransform::identity();
        Self::new(
            resample(&self.volume, grid, identity, Interpolation::Linear, 0.0)?,
            resample_mask(&self.mask, grid, identity)?,
        )
    }
}

#[cfg(test)]
mod tests;
