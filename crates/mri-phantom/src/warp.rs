//! A random smooth deformation: the shape of a person that no label map has.
//!
//! An affine map follows a stationary velocity field with waves of 10 to 250 mm, integrated by scaling and squaring
//! (Arsigny et al. 2006): a diffeomorphism however strong it is, with the integral of the negative field as its inverse.

use nalgebra::Matrix3;

use crate::anatomy::BRAIN_CENTRE;
use crate::lattice::Lattice;
use crate::noise::{Field, Tile};
use crate::random::Stream;
use crate::sdf::{Vec3, v};

/// Size (mm) of the noise's cells at each scale (its waves are 5 to 30 cells long), and the standard deviation (mm) of
/// the velocity there at full strength.
const SCALES: [(f32, f64); 3] = [(8.0, 3.4), (4.0, 2.4), (2.0, 1.1)];
/// Corners (mm, atlas space) of the box that holds a head, and the distance between nodes within it.
const LOW: Vec3 = v(-108.0, -140.0, -144.0);
const HIGH: Vec3 = v(108.0, 120.0, 112.0);
const STEP: f32 = 4.0;
/// The velocity is integrated in 2^SQUARINGS steps.
const SQUARINGS: i32 = 6;

/// A map of atlas space onto itself: where in the label map's head a point of the new person's head lies.
pub(crate) struct Warp {
    linear: Matrix3<f32>,
    displacement: Lattice<3>,
    stretch: f32,
}

impl Warp {
    /// Draws a deformation. `strength` above 0; 1 gives the variety of a population: sides within 11 % of the map's.
    pub(crate) fn draw(strength: f64, stream: &mut Stream) -> Self {
        let linear = affine(strength, stream);
        let fields = SCALES.map(|(cell, deviation)| {
            let axes: [Field; 3] = std::array::from_fn(|_| Field::new(Tile::texture(), cell, stream));
            (axes, (strength * deviation) as f32)
        });
        let velocity = |point| {
            let mut sum = Vec3::zeros();
            for (axes, deviation) in &fields {
                sum += *deviation * Vec3::from_fn(|axis, _| axes[axis].at(point));
            }
            sum
        };
        Self::integrate(linear, &Lattice::fill(LOW, HIGH, STEP, velocity))
    }

    fn integrate(linear: Matrix3<f32>, velocity: &Lattice<3>) -> Self {
        let mut displacement = velocity.refill(|point| velocity.at(point) * 0.5_f32.powi(SQUARINGS));
        for _ in 0..SQUARINGS {
            displacement = displacement.refill(|point| {
                let once = displacement.at(point);
                once + displacement.at(point + once)
            });
        }
        let mut warp = Self { linear, displacement, stretch: 1.0 };
        let norms = warp.displacement.map(|point| norm(&warp.jacobian(point)));
        // What trilinear interpolation may add between the nodes is well within 5 %.
        warp.stretch = 1.05 * norms.into_iter().fold(0.0, f32::max);
        warp
    }

    /// Where in the label map's head (mm, atlas space) a point of this head lies.
    #[inline]
    pub(crate) fn apply(&self, point: Vec3) -> Vec3 {
        let moved = point + self.displacement.at(point);
        BRAIN_CENTRE + self.linear * (moved - BRAIN_CENTRE)
    }

    /// How many times larger a small distance can be after [`Self::apply`].
    pub(crate) fn stretch(&self) -> f32 {
        self.stretch
    }

    /// Derivative of [`Self::apply`] over the lattice's step.
    fn jacobian(&self, point: Vec3) -> Matrix3<f32> {
        let here = self.apply(point);
        let step = self.displacement.step();
        Matrix3::from_columns(&[0, 1, 2].map(|axis| {
            let mut next = point;
            next[axis] += step;
            (self.apply(next) - here) / step
        }))
    }
}

/// Upper bound of the largest singular value: the root of the product of row-sum and column-sum norm.
fn norm(matrix: &Matrix3<f32>) -> f32 {
    let sizes = matrix.abs();
    (sizes.row_sum().max() * sizes.column_sum().max()).sqrt()
}

/// Sizes, proportions, shear, and which side is left.
fn affine(strength: f64, stream: &mut Stream) -> Matrix3<f32> {
    let mirror = if stream.uniform(0.0, 1.0) < 0.5 { -1.0 } else { 1.0 };
    let size = stream.uniform(-0.05, 0.05);
    let scales = [0, 1, 2].map(|_| (strength * (size + stream.uniform(-0.06, 0.06))).exp());
    let mut matrix = Matrix3::from_diagonal(&scales.into());
    for (row, column) in [(0, 1), (0, 2), (1, 2)] {
        matrix[(row, column)] = strength * stream.uniform(-0.05, 0.05);
    }
    matrix.column_mut(0).scale_mut(mirror);
    matrix.cast()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Purpose;

    fn points() -> impl Iterator<Item = Vec3> {
        let side = |n: usize| (0..n).map(|i| i as f32 + 0.37);
        side(30).flat_map(move |x| side(36).flat_map(move |y| side(36).map(move |z| LOW + 7.0 * v(x, y, z))))
    }

    #[test]
    fn space_is_never_folded() {
        for subject in 0..6 {
            let warp = Warp::draw(1.0, &mut Stream::new(1, subject, Purpose::Warp));
            let sign = warp.linear.determinant().signum();
            let least =
                points().map(|point| sign * warp.jacobian(point).determinant()).fold(f32::INFINITY, f32::min);
            println!("least determinant {least:.3}, stretch {:.2}", warp.stretch());
            assert!(least > 0.05, "subject {subject}: {least}");
        }
    }

    #[test]
    fn the_negative_velocity_goes_back() {
        let field = |factor: f32| {
            let mut stream = Stream::new(3, 5, Purpose::Warp);
            let axes: [Field; 3] = std::array::from_fn(|_| Field::new(Tile::texture(), 4.0, &mut stream));
            Lattice::fill(LOW, HIGH, STEP, move |point| Vec3::from_fn(|i, _| factor * axes[i].at(point)))
        };
        let there = Warp::integrate(Matrix3::identity(), &field(3.0));
        let back = Warp::integrate(Matrix3::identity(), &field(-3.0));
        let inner = |point: &Vec3| (0..3).all(|i| point[i] > LOW[i] + 20.0 && point[i] < HIGH[i] - 20.0);
        let mut largest = 0.0_f32;
        for point in points().filter(inner) {
            assert!((there.apply(point) - point).norm() < 25.0);
            largest = largest.max((back.apply(there.apply(point)) - point).norm());
        }
        assert!(largest < 0.6, "{largest} mm");
    }
}
