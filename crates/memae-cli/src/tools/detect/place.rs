//! Where in the head a finding lies, in words.

use mri_io::Mask;
use nalgebra::Point3;
use serde::{Deserialize, Serialize};

/// Distance (mm) from the middle of the brain within which a side is not told.
const MIDLINE: f64 = 8.0;

/// The brain that scans are registered to, as a box.
#[derive(Clone, Debug)]
pub(super) struct BrainBox {
    centre: [f64; 3],
    half: [f64; 3],
}

/// A place in the reference's brain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Place {
    /// Right, front and top of the reference's origin (RAS+, mm).
    reference_mm: [f64; 3],
    /// `left`, `right` or `midline`: the patient's.
    side: String,
    /// The side and the outer thirds of the brain that it lies in, e.g. `left, anterior, superior`.
    pub(super) words: String,
}

impl BrainBox {
    /// The box around a brain that is not empty.
    pub(super) fn around(brain: &Mask) -> Self {
        let (mut low, mut high) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
        for point in brain.points() {
            for axis in 0..3 {
                low[axis] = low[axis].min(point[axis]);
                high[axis] = high[axis].max(point[axis]);
            }
        }
        let each = |value: fn(f64, f64) -> f64| std::array::from_fn(|axis| value(low[axis], high[axis]));
        Self { centre: each(|low, high| 0.5 * (low + high)), half: each(|low, high| 0.5 * (high - low)) }
    }

    /// What lies at a point of the reference's world (RAS+, mm).
    pub(super) fn place(&self, point: Point3<f64>) -> Place {
        let from_centre: [f64; 3] = std::array::from_fn(|axis| point[axis] - self.centre[axis]);
        let side = match from_centre[0] {
            x if x < -MIDLINE => "left",
            x if x > MIDLINE => "right",
            _ => "midline",
        };
        let third = |axis: usize, [low, high]: [&'static str; 2]| {
            let outer = self.half[axis] / 3.0;
            (from_centre[axis].abs() > outer).then_some(if from_centre[axis] < 0.0 { low } else { high })
        };
        let thirds = [third(1, ["posterior", "anterior"]), third(2, ["inferior", "superior"])];
        let mut words: Vec<&str> = std::iter::once(side).chain(thirds.into_iter().flatten()).collect();
        if words.len() == 1 {
            words.push("central");
        }
        Place { reference_mm: point.into(), side: side.to_owned(), words: words.join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mri_io::{Grid, Volume};

    #[test]
    fn places_are_the_patients_sides_and_outer_thirds() {
        // A brain of 140 x 180 x 120 mm around the origin.
        let grid = Grid::centred([15, 19, 13], [10.0; 3]).unwrap();
        let brain = BrainBox::around(&Volume::filled(&grid, true).unwrap());
        let words = |x: f64, y: f64, z: f64| brain.place(Point3::new(x, y, z)).words;
        assert_eq!(words(-30.0, 50.0, 40.0), "left, anterior, superior");
        assert_eq!(words(30.0, -50.0, -40.0), "right, posterior, inferior");
        assert_eq!(words(5.0, 29.0, -19.0), "midline, central");
        assert_eq!(words(50.0, 0.0, 21.0), "right, superior");
        assert_eq!(brain.place(Point3::new(-9.0, 1.0, 2.0)).reference_mm, [-9.0, 1.0, 2.0]);
    }
}
