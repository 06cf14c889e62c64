//! How the head bends away from the atlas's affine image: shifts of the nodes of a lattice.

use nalgebra::{DVector, Vector3};

use super::metric;
use super::minimize::minimize;
use super::pose::Pose;
use super::samples::Samples;

/// Distance of the lattice's nodes (mm).
const SPACING: f64 = 12.0;
/// Cost (nats) of a strain of 1 everywhere.
const STIFFNESS: f64 = 0.4;
/// Most steps of the minimization.
const STEPS: usize = 40;

/// Scan (mm, world) to atlas (mm): a pose after shifts that are linear between the nodes of a lattice.
pub(super) struct Warp {
    pose: Pose,
    /// World position (mm) of the first node.
    origin: Vector3<f64>,
    shape: [usize; 3],
    /// Shift (mm, world) of each node.
    shifts: Vec<Vector3<f64>>,
}

/// The eight nodes around a point, with their weights.
type Support = [(usize, f64); 8];

impl Warp {
    /// No shifts, in the box of the samples.
    fn still(pose: Pose, samples: &Samples) -> Self {
        let first = samples.points[0];
        let (low, high) = samples
            .points
            .iter()
            .fold((first, first), |(low, high), point| (low.inf(point), high.sup(point)));
        let shape = [0, 1, 2].map(|axis| ((high[axis] - low[axis]) / SPACING).ceil() as usize + 2);
        let origin = low.add_scalar(-0.25 * SPACING);
        let shifts = vec![Vector3::zeros(); shape.iter().product()];
        Self { pose, origin, shape, shifts }
    }

    fn support(&self, point: &Vector3<f64>) -> Support {
        let place = [0, 1, 2].map(|axis| {
            ((point[axis] - self.origin[axis]) / SPACING).clamp(0.0, self.shape[axis] as f64 - 1.001)
        });
        let [i, j, k] = place.map(|value| value as usize);
        let fraction = place.map(f64::fract);
        std::array::from_fn(|corner| {
            let bits = [corner >> 2 & 1, corner >> 1 & 1, corner & 1];
            let weight: f64 = (0..3)
                .map(|axis| if bits[axis] == 1 { fraction[axis] } else { 1.0 - fraction[axis] })
                .product();
            (((i + bits[0]) * self.shape[1] + j + bits[1]) * self.shape[2] + k + bits[2], weight)
        })
    }

    /// The place in the atlas of a point of the scan.
    pub(super) fn apply(&self, point: &Vector3<f64>) -> Vector3<f64> {
        let shift: Vector3<f64> =
            self.support(point).into_iter().map(|(node, weight)| self.shifts[node] * weight).sum();
        self.pose.apply(&(point + shift))
    }

    /// Pairs of neighbouring nodes.
    fn edges(&self) -> Vec<(usize, usize)> {
        let [ni, nj, nk] = self.shape;
        let mut edges = Vec::new();
        for i in 0..ni {
            for j in 0..nj {
                for k in 0..nk {
                    let node = (i * nj + j) * nk + k;
                    for (inside, stride) in [(i + 1 < ni, nj * nk), (j + 1 < nj, nk), (k + 1 < nk, 1)] {
                        if inside {
                            edges.push((node, node + stride));
                        }
                    }
                }
            }
        }
        edges
    }
}

/// Bends the atlas onto the scan: most mutual information for the least strain.
pub(super) fn bend(pose: Pose, samples: &Samples) -> Warp {
    let mut warp = Warp::still(pose, samples);
    let supports: Vec<Support> = samples.points.iter().map(|point| warp.support(point)).collect();
    let edges = warp.edges();
    let nodes = warp.shifts.len();
    let weight = STIFFNESS / (nodes as f64 * SPACING * SPACING);
    let to_atlas = pose.linear;
    let shifted = minimize(DVector::zeros(3 * nodes), SPACING, STEPS, 1e-5, |shifts| {
        let shift = |node: usize| Vector3::new(shifts[3 * node], shifts[3 * node + 1], shifts[3 * node + 2]);
        let points: Vec<Vector3<f32>> = samples
            .points
            .iter()
            .zip(&supports)
            .map(|(point, support)| {
                let moved: Vector3<f64> = support.iter().map(|&(node, weight)| shift(node) * weight).sum();
                pose.apply(&(point + moved)).cast()
            })
            .collect();
        let (information, pulls) = metric::with_gradient(&samples.bins, &points);
        let mut gradient = DVector::zeros(3 * nodes);
        for (support, pull) in supports.iter().zip(&pulls) {
            let pull = to_atlas.transpose() * pull.cast::<f64>();
            for &(node, weight) in support {
                for axis in 0..3 {
                    gradient[3 * node + axis] -= weight * pull[axis];
                }
            }
        }
        let mut penalty = 0.0;
        for &(one, other) in &edges {
            let difference = shift(one) - shift(other);
            penalty += weight * difference.norm_squared();
            for axis in 0..3 {
                gradient[3 * one + axis] += 2.0 * weight * difference[axis];
                gradient[3 * other + axis] -= 2.0 * weight * difference[axis];
            }
        }
        (penalty - information, gradient)
    });
    warp.shifts =
        (0..nodes).map(|n| Vector3::new(shifted[3 * n], shifted[3 * n + 1], shifted[3 * n + 2])).collect();
    warp
}
