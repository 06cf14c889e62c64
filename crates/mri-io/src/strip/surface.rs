//! The mesh that grows to the edge of the brain.

use nalgebra::Vector3;
use ndarray::Array3;
use rayon::prelude::*;

use super::estimate::Estimate;
use super::icosphere::Icosphere;
use super::working::{SPACING, Working};

/// Subdivisions of the icosahedron, coarse to fine, with the iterations at each.
const LEVELS: [(usize, usize); 2] = [(3, 200), (4, 300)];
/// How far inwards the darkest and the brightest intensity are looked for (mm).
const DEPTH: [f64; 2] = [16.0, 8.0];
/// Radii of curvature (mm) between which smoothing sets in (Smith, section 2.5), at each level. The coarse
/// surface is stiff, so that it cannot pour through the orbits or down the neck.
const RADII: [[f64; 2]; 2] = [[15.0, 50.0], [3.33, 10.0]];
/// How far (mm) the fine surface may leave the coarse one.
const REACH: f64 = 8.0;
/// Share of the mean edge length that a vertex moves along its normal in one step at full force.
const STEP: f64 = 0.05;
/// Samples along each axis of a working voxel when the mesh is turned into an occupancy.
const FINE: usize = 2;

/// A closed surface in working coordinates.
pub(super) struct Mesh {
    vertices: Vec<Vector3<f64>>,
    triangles: Vec<[usize; 3]>,
}

/// Grows a sphere of half the head's radius until it meets the dark band around the brain.
pub(super) fn grow(working: &Working, estimate: &Estimate, threshold: f64) -> Mesh {
    let mut surface: Option<Mesh> = None;
    for ((subdivisions, iterations), radii) in LEVELS.into_iter().zip(RADII) {
        let sphere = Icosphere::new(subdivisions);
        let mut vertices: Vec<_> = match &surface {
            None => sphere.vertices.iter().map(|v| estimate.centre + 0.5 * estimate.radius * v).collect(),
            Some(coarse) => refined(&coarse.vertices, &coarse.triangles, sphere.vertices.len()),
        };
        let anchor = surface.is_some().then(|| vertices.clone());
        for _ in 0..iterations {
            vertices = step(working, estimate, threshold, &sphere, radii, &vertices);
            for (vertex, fixed) in vertices.iter_mut().zip(anchor.iter().flatten()) {
                *vertex = fixed + (*vertex - fixed).cap_magnitude(REACH / SPACING);
            }
        }
        surface = Some(Mesh { vertices, triangles: sphere.triangles });
    }
    surface.expect("there is a level")
}

/// Vertices of the next subdivision: the old ones, then the midpoint of each edge in the order in which the
/// icosphere numbers them.
fn refined(vertices: &[Vector3<f64>], triangles: &[[usize; 3]], count: usize) -> Vec<Vector3<f64>> {
    let mut finer = vertices.to_vec();
    let mut seen = std::collections::HashSet::new();
    for &[a, b, c] in triangles {
        for (from, to) in [(a, b), (b, c), (c, a)] {
            if seen.insert((from.min(to), from.max(to))) {
                finer.push(0.5 * (vertices[from] + vertices[to]));
            }
        }
    }
    debug_assert_eq!(finer.len(), count);
    finer
}

/// Moves each vertex once, by the three forces of Smith (2002): towards even spacing, towards a smooth
/// surface, and outwards or inwards by the intensities just inside.
fn step(
    working: &Working,
    estimate: &Estimate,
    threshold: f64,
    sphere: &Icosphere,
    radii: [f64; 2],
    vertices: &[Vector3<f64>],
) -> Vec<Vector3<f64>> {
    let normals = normals(vertices, &sphere.triangles);
    let edge = mean_edge(vertices, &sphere.neighbours);
    let curvatures = radii.map(|radius| SPACING / radius);
    let (middle, slope) = (0.5 * (curvatures[0] + curvatures[1]), 6.0 / (curvatures[0] - curvatures[1]));
    vertices
        .par_iter()
        .enumerate()
        .map(|(index, vertex)| {
            let around = &sphere.neighbours[index];
            let mean = around.iter().map(|&n| vertices[n]).sum::<Vector3<f64>>() / around.len() as f64;
            let normal = normals[index];
            let shift = mean - vertex;
            let along = normal.dot(&shift);
            let tangential = shift - along * normal;
            let curvature = 2.0 * along.abs() / (edge * edge);
            let smoothing = 0.5 * (1.0 + (slope * (curvature - middle)).tanh());
            let force = estimate.force(working, vertex, &normal, threshold);
            vertex + 0.5 * tangential + (smoothing * along + STEP * force * edge) * normal
        })
        .collect()
}

impl Estimate {
    /// Force along the normal, about -2 to 2: positive where everything just inside is brain.
    fn force(&self, working: &Working, vertex: &Vector3<f64>, normal: &Vector3<f64>, threshold: f64) -> f64 {
        let half_steps = |depth: f64| (2.0 * depth / SPACING) as usize;
        let (mut darkest, mut brightest) = (self.brain, self.head);
        for n in 0..=half_steps(DEPTH[0]) {
            let value = f64::from(working.intensity(&(vertex - 0.5 * n as f64 * normal)));
            darkest = darkest.min(value);
            if n <= half_steps(DEPTH[1]) {
                brightest = brightest.max(value);
            }
        }
        let darkest = darkest.max(self.air);
        let brightest = brightest.min(self.brain);
        let stop = self.air + threshold * (brightest - self.air);
        2.0 * (darkest - stop) / (brightest - self.air).max(f64::EPSILON)
    }
}

fn normals(vertices: &[Vector3<f64>], triangles: &[[usize; 3]]) -> Vec<Vector3<f64>> {
    let mut normals = vec![Vector3::zeros(); vertices.len()];
    for &[a, b, c] in triangles {
        let area = (vertices[b] - vertices[a]).cross(&(vertices[c] - vertices[a]));
        for vertex in [a, b, c] {
            normals[vertex] += area;
        }
    }
    normals.into_iter().map(|n: Vector3<f64>| n.try_normalize(1e-12).unwrap_or_default()).collect()
}

fn mean_edge(vertices: &[Vector3<f64>], neighbours: &[Vec<usize>]) -> f64 {
    let (sum, count) = neighbours.iter().enumerate().fold((0.0, 0), |(sum, count), (index, around)| {
        let lengths = around.iter().map(|&n| (vertices[n] - vertices[index]).norm());
        (sum + lengths.sum::<f64>(), count + around.len())
    });
    sum / count as f64
}

impl Mesh {
    /// Share of each working voxel that lies inside, by counting crossings along lines that run up.
    pub(super) fn occupancy(&self, working: &Working) -> Array3<f32> {
        let shape = working.shape();
        let fine = shape.map(|n| n * FINE);
        // Fine sample n lies at working coordinate (n + 0.5) / FINE - 0.5.
        let position = |n: usize| (n as f64 + 0.5) / FINE as f64 - 0.5;
        let mut crossings: Vec<Vec<f64>> = vec![Vec::new(); fine[0] * fine[1]];
        for triangle in &self.triangles {
            let corners = triangle.map(|v| self.vertices[v]);
            let range = |axis: usize| {
                let low = corners.iter().map(|c| c[axis]).fold(f64::INFINITY, f64::min);
                let high = corners.iter().map(|c| c[axis]).fold(f64::NEG_INFINITY, f64::max);
                let index = |at: f64| (at + 0.5) * FINE as f64 - 0.5;
                let end = (index(high).floor() + 1.0).clamp(0.0, fine[axis] as f64);
                index(low).ceil().clamp(0.0, end) as usize..end as usize
            };
            for i in range(0) {
                for j in range(1) {
                    if let Some(height) = height_at(&corners, position(i), position(j)) {
                        crossings[i * fine[1] + j].push(height);
                    }
                }
            }
        }
        let mut occupancy = Array3::<f32>::zeros(shape);
        let share = (FINE as f32).powi(-3);
        for (column, heights) in crossings.iter_mut().enumerate() {
            heights.sort_by(f64::total_cmp);
            let (i, j) = (column / fine[1] / FINE, column % fine[1] / FINE);
            let mut below = 0;
            for k in 0..fine[2] {
                while below < heights.len() && heights[below] <= position(k) {
                    below += 1;
                }
                if below % 2 == 1 {
                    occupancy[[i, j, k / FINE]] += share;
                }
            }
        }
        occupancy
    }
}

/// Height at which the vertical line through `(x, y)` crosses the triangle, if it does. A line through an edge
/// that two triangles share crosses one of them or, at a fold, both or neither: crossings stay even in number.
fn height_at(corners: &[Vector3<f64>; 3], x: f64, y: f64) -> Option<f64> {
    let [a, b, c] = corners;
    let cross = |from: &Vector3<f64>, to: &Vector3<f64>| {
        (to.x - from.x) * (y - from.y) - (to.y - from.y) * (x - from.x)
    };
    // Always computed in the same direction, so that two triangles round alike.
    let side = |from: &Vector3<f64>, to: &Vector3<f64>| {
        if (from.x, from.y) < (to.x, to.y) { cross(from, to) } else { -cross(to, from) }
    };
    let (ab, bc, ca) = (side(a, b), side(b, c), side(c, a));
    let total = ab + bc + ca;
    // Left of an edge, or on it if the edge is the one of its two directions that points up.
    let left = |side: f64, from: &Vector3<f64>, to: &Vector3<f64>| {
        side > 0.0 || (side == 0.0 && (to.y, from.x) > (from.y, to.x))
    };
    let inside = if total > 0.0 {
        left(ab, a, b) && left(bc, b, c) && left(ca, c, a)
    } else {
        left(-ab, b, a) && left(-bc, c, b) && left(-ca, a, c)
    };
    (total != 0.0 && inside).then(|| (bc * a.z + ca * b.z + ab * c.z) / total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Grid, Volume};

    #[test]
    fn lines_through_edges_and_corners_leave_no_gap() {
        // An octahedron whose corners and edges lie on the lines that occupancy is counted along.
        let centre = Vector3::repeat(8.25);
        let corners: [[f64; 3]; 6] =
            [[4., 0., 0.], [0., 4., 0.], [-4., 0., 0.], [0., -4., 0.], [0., 0., 4.], [0., 0., -4.]];
        let triangles = (0..4).flat_map(|i| [[i, (i + 1) % 4, 4], [(i + 1) % 4, i, 5]]).collect();
        let mesh = Mesh { vertices: corners.map(|c| centre + Vector3::from(c)).to_vec(), triangles };
        let scan = Volume::filled(&Grid::centred([17; 3], [SPACING; 3]).unwrap(), 0.0).unwrap();
        let occupancy = mesh.occupancy(&Working::of(&scan));
        assert_eq!(occupancy[[8, 8, 8]], 1.0);
        for ((i, j, k), &share) in occupancy.indexed_iter() {
            let distance: f64 = [i, j, k].iter().map(|&n| (n as f64 - 8.25).abs()).sum();
            assert!(share == 0.0 || distance < 4.0 + 1.5, "{:?} is outside", (i, j, k));
            assert!(share == 1.0 || distance > 4.0 - 1.5, "{:?} is inside", (i, j, k));
        }
        assert!((occupancy.sum() - 4.0 / 3.0 * 64.0).abs() < 6.0, "{}", occupancy.sum());
    }
}
