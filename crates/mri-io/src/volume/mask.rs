//! What masks say: how much is inside, where, and whether they belong to a volume.

use nalgebra::Point3;
use ndarray::Axis;

use crate::volume::forms::Forms;
use crate::{Affine, Error, Grid, Mask, Result};

/// Why a mask does not belong to a volume, and what to do about it.
pub(crate) struct Misfit {
    pub(crate) what: String,
    pub(crate) advice: &'static str,
}

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
    /// If the grids differ (by more than [`Grid::TOLERANCE`]), or no voxel is inside. A mask that lies where the other of
    /// the file's two forms puts the volume is told as that.
    pub fn check_on(&self, grid: &Grid) -> Result<()> {
        match self.misfit(grid) {
            None => Ok(()),
            Some(Misfit { what, advice }) => Err(Error::invalid(format!("{what}: {advice}"))),
        }
    }

    /// Why the mask says nothing about a volume on `grid`, and what to do about it.
    pub(crate) fn misfit(&self, grid: &Grid) -> Option<Misfit> {
        let own = self.grid();
        let misfit = |what, advice| Some(Misfit { what, advice });
        if own.shape != grid.shape {
            return misfit(
                format!(
                    "the volume and its mask lie on different grids ({:?} and {:?} voxels)",
                    grid.shape, own.shape
                ),
                "resample the mask to the volume's grid",
            );
        }
        let distance = own.distance(grid);
        if distance > Grid::TOLERANCE {
            let fits = |a: Option<Affine>, b: &Affine| {
                let place = |affine| Grid { shape: own.shape, affine };
                a.is_some_and(|a| place(a).distance(&place(*b)) <= Grid::TOLERANCE)
            };
            let other = grid.affine.forms().and_then(Forms::other);
            if fits(other, &own.affine) {
                return misfit(
                    format!(
                        "the mask lies where the volume's qform puts it, up to {distance:.2} mm from where its sform does"
                    ),
                    "the sform is used; do not resample the mask, which would move it off the brain: make both forms of \
                     the volume say the same, or give the mask the volume's header",
                );
            }
            if fits(own.affine.forms().and_then(Forms::other), &grid.affine) {
                return misfit(
                    format!(
                        "the mask fits the volume by its qform, but lies up to {distance:.2} mm away by its sform"
                    ),
                    "the sform is used; do not resample the mask, which would move it off the brain: give it the volume's \
                     header",
                );
            }
            return misfit(
                format!(
                    "the volume and its mask lie on different grids (their corners lie up to {distance:.2} mm apart)"
                ),
                "resample the mask to the volume's grid",
            );
        }
        if self.count() == 0 {
            return misfit("the mask is empty".into(), "no voxel is inside");
        }
        None
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
            return Err(Error::invalid(format!(
                "masks of shapes {:?} and {:?}",
                self.shape(),
                other.shape()
            )));
        }
        let both = self.as_slice().iter().zip(other.as_slice()).filter(|&(&a, &b)| a && b).count();
        let total = self.count() + other.count();
        Ok(if total == 0 { 1.0 } else { 2.0 * both as f64 / total as f64 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Volume;
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
