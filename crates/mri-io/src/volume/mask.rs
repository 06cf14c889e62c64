//! What masks say: how much is inside, where, and whether they belong to a volume.

use nalgebra::Point3;
use ndarray::Axis;

use super::mismatch::GridMismatch;
use crate::{Affine, Error, Grid, Mask, Result};

impl Mask {
    /// World positions (mm) of the voxels inside.
    pub fn points(&self) -> impl Iterator<Item = Point3<f64>> {
        let [_, nj, nk] = self.shape();
        let inside = self.as_slice().iter().enumerate().filter(|(_, inside)| **inside);
        let voxel =
            move |n: usize| Point3::from([n / (nj * nk), n / nk % nj, n % nk].map(|index| index as f64));
        inside.map(move |(n, _)| self.affine().voxel_to_world(voxel(n)))
    }

    /// Reasons to doubt that this is a human brain, each a sentence: far too much or too little is inside, or most of the
    /// field of view's faces.
    pub fn doubts(&self) -> Vec<String> {
        /// Volumes (ml) beyond those of any brain with its fluid; a newborn's has 350.
        const VOLUMES: [f64; 2] = [200.0, 2500.0];
        let (millilitres, mut doubts) = (self.millilitres(), Vec::new());
        if !(VOLUMES[0]..=VOLUMES[1]).contains(&millilitres) {
            doubts
                .push(format!("the mask marks {millilitres:.0} ml as brain, where brains have 350 to 2000"));
        }
        let data = self.data();
        let faces = || {
            (0..3).flat_map(|axis| [0, data.len_of(Axis(axis)) - 1].map(|at| data.index_axis(Axis(axis), at)))
        };
        let voxels: usize = faces().map(|face| face.len()).sum();
        let inside: usize = faces().map(|face| face.iter().filter(|&&inside| inside).count()).sum();
        if 2 * inside > voxels {
            doubts.push("most of the mask's outermost voxels are inside: is it inverted?".to_owned());
        }
        doubts
    }

    /// Refuses a mask that says nothing about a volume on `grid`.
    ///
    /// # Errors
    /// [`Error::GridMismatch`] if the grids differ (by more than [`Grid::TOLERANCE`]); it tells a mask that lies where the
    /// other of the file's two forms puts the volume. [`Error::EmptyMask`] if no voxel is inside.
    pub fn check_on(&self, grid: &Grid) -> Result<()> {
        if let Some(mismatch) = self.mismatch(grid) {
            return Err(Error::GridMismatch(mismatch));
        }
        if self.count() == 0 { Err(Error::EmptyMask) } else { Ok(()) }
    }

    /// How its grid differs from that of a volume.
    fn mismatch(&self, grid: &Grid) -> Option<GridMismatch> {
        let own = self.grid();
        if own.shape != grid.shape {
            return Some(GridMismatch::Shape { volume: grid.shape, mask: own.shape });
        }
        let distance_mm = own.distance(grid);
        if distance_mm <= Grid::TOLERANCE {
            return None;
        }
        let fits = |a: Option<Affine>, b: &Affine| {
            let place = |affine| Grid { shape: own.shape, affine };
            a.is_some_and(|a| place(a).distance(&place(*b)) <= Grid::TOLERANCE)
        };
        Some(if fits(grid.affine.other_form(), &own.affine) {
            GridMismatch::QformOfVolume { distance_mm }
        } else if fits(own.affine.other_form(), &grid.affine) {
            GridMismatch::QformOfMask { distance_mm }
        } else {
            GridMismatch::Place { distance_mm }
        })
    }

    /// Number of voxels inside.
    pub fn count(&self) -> usize {
        self.as_slice().iter().filter(|&&inside| inside).count()
    }

    /// Volume inside, in millilitres.
    pub fn millilitres(&self) -> f64 {
        self.count() as f64 * self.affine().voxel_volume() / 1000.0
    }

    /// Dice overlap of two masks of the same shape, from 0 to 1; 1 if both are empty.
    ///
    /// # Errors
    /// If the shapes differ.
    pub fn dice(&self, other: &Self) -> Result<f64> {
        if self.shape() != other.shape() {
            return Err(Error::ShapeMismatch([self.shape(), other.shape()]));
        }
        Ok(overlap(self.as_slice(), other.as_slice()).unwrap_or(1.0))
    }
}

/// Dice overlap of two sets of the same voxels, from 0 to 1; `None` if both are empty.
pub(crate) fn overlap<'a>(
    a: impl IntoIterator<Item = &'a bool>,
    b: impl IntoIterator<Item = &'a bool>,
) -> Option<f64> {
    let (mut both, mut total) = (0_usize, 0_usize);
    for (&a, &b) in a.into_iter().zip(b) {
        both += usize::from(a && b);
        total += usize::from(a) + usize::from(b);
    }
    (total > 0).then(|| 2.0 * both as f64 / total as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Volume;
    use crate::volume::forms::Forms;
    use nalgebra::{Matrix4, Vector3};
    use ndarray::Array3;

    #[test]
    fn a_mask_of_another_place_or_of_nothing_is_refused() {
        let grid = Grid::centred([4, 5, 6], [2.0; 3]).unwrap();
        let moved = |by: f64| {
            let origin = grid.affine.voxel_to_world(Point3::origin()) + nalgebra::Vector3::new(by, 0.0, 0.0);
            Grid { shape: grid.shape, affine: Affine::from_spacing([2.0; 3], origin.coords.into()).unwrap() }
        };
        let refusal = |of: &Grid, inside| {
            Volume::filled(of, inside).unwrap().check_on(&grid).map_err(|error| error.to_string())
        };
        refusal(&grid, true).unwrap();
        refusal(&moved(0.05), true).unwrap();
        assert!(refusal(&moved(0.5), true).unwrap_err().contains("0.50 mm apart"));
        let other = Grid::centred([5, 4, 6], [2.0; 3]).unwrap();
        assert!(refusal(&other, true).unwrap_err().contains("[4, 5, 6] and [5, 4, 6] voxels"));
        assert!(refusal(&grid, false).unwrap_err().contains("empty"));
    }

    #[test]
    fn dice_of_known_masks() {
        let grid = Grid::centred([4, 1, 1], [10.0; 3]).unwrap();
        let mask = |bits: [bool; 4]| {
            Volume::new(Array3::from_shape_vec((4, 1, 1), bits.to_vec()).unwrap(), grid.affine).unwrap()
        };
        let (a, b) = (mask([true, true, false, false]), mask([false, true, true, true]));
        assert_eq!(a.dice(&b).unwrap(), 0.4);
        assert_eq!(a.millilitres(), 2.0);
    }

    #[test]
    fn a_mask_that_fits_the_other_form_is_not_to_be_resampled() {
        let matrix = |shift: f64| Matrix4::new_translation(&Vector3::new(shift, 0.0, 0.0));
        let [near, far] = [0.0, 52.0].map(|shift| Affine::new(matrix(shift)).unwrap());
        // The sform of one, the qform of the other.
        let both =
            near.with_forms(Forms { qform: Forms::of(far.matrix(), 1).qform, ..Forms::of(near.matrix(), 2) });
        let grid = |affine| Grid { shape: [4, 5, 6], affine };
        let message = |mask: Affine, volume: Affine| {
            let mask: Mask = Volume::filled(&grid(mask), true).unwrap();
            mask.check_on(&grid(volume)).map_err(|error| error.to_string())
        };
        message(both, both).unwrap();
        message(near, both).unwrap();
        for (mask, volume) in [(far, both), (both, far)] {
            let message = message(mask, volume).unwrap_err();
            assert!(message.contains("52.00 mm") && message.contains("do not resample"), "{message}");
        }
        let third = Affine::new(matrix(20.0)).unwrap();
        assert!(message(third, both).unwrap_err().contains("different grids"));
    }

    #[test]
    fn what_is_no_brain_is_doubted() {
        let affine = Affine::new(Matrix4::new_scaling(5.0)).unwrap();
        let ball = |radius: f32| {
            Array3::from_shape_fn([40; 3], |(i, j, k)| {
                [i, j, k].map(|n| (n as f32 - 19.5).powi(2)).iter().sum::<f32>().sqrt() < radius
            })
        };
        let doubts = |inside: Array3<bool>| Mask::new(inside, affine).unwrap().doubts().join(" ");
        assert_eq!(doubts(ball(14.0)), "");
        assert!(doubts(ball(14.0).mapv(|inside| !inside)).contains("inverted"));
        assert!(doubts(ball(3.0)).contains("ml as brain"));
    }
}
