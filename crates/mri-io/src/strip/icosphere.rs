//! The sphere that the surface starts from.

use std::collections::HashMap;

use nalgebra::Vector3;

/// Triangles of a subdivided icosahedron, and for each vertex its neighbours.
pub(super) struct Icosphere {
    /// Unit vectors.
    pub(super) vertices: Vec<Vector3<f64>>,
    /// Vertex indices, counter-clockwise seen from outside.
    pub(super) triangles: Vec<[usize; 3]>,
    /// Neighbours of each vertex: 5 or 6.
    pub(super) neighbours: Vec<Vec<usize>>,
}

impl Icosphere {
    /// An icosahedron whose faces are split in four `subdivisions` times: 10 * 4^n + 2 vertices.
    pub(super) fn new(subdivisions: usize) -> Self {
        let (mut vertices, mut triangles) = icosahedron();
        for _ in 0..subdivisions {
            triangles = subdivide(&mut vertices, &triangles);
        }
        let mut neighbours = vec![Vec::with_capacity(6); vertices.len()];
        for &[a, b, c] in &triangles {
            // Each directed edge belongs to exactly one triangle, so that each neighbour appears once.
            neighbours[a].push(b);
            neighbours[b].push(c);
            neighbours[c].push(a);
        }
        Self { vertices, triangles, neighbours }
    }
}

fn icosahedron() -> (Vec<Vector3<f64>>, Vec<[usize; 3]>) {
    let g = f64::midpoint(1.0, 5.0_f64.sqrt());
    let corners = [
        [-1.0, g, 0.0],
        [1.0, g, 0.0],
        [-1.0, -g, 0.0],
        [1.0, -g, 0.0],
        [0.0, -1.0, g],
        [0.0, 1.0, g],
        [0.0, -1.0, -g],
        [0.0, 1.0, -g],
        [g, 0.0, -1.0],
        [g, 0.0, 1.0],
        [-g, 0.0, -1.0],
        [-g, 0.0, 1.0],
    ];
    let triangles = [
        [0, 11, 5],
        [0, 5, 1],
        [0, 1, 7],
        [0, 7, 10],
        [0, 10, 11],
        [1, 5, 9],
        [5, 11, 4],
        [11, 10, 2],
        [10, 7, 6],
        [7, 1, 8],
        [3, 9, 4],
        [3, 4, 2],
        [3, 2, 6],
        [3, 6, 8],
        [3, 8, 9],
        [4, 9, 5],
        [2, 4, 11],
        [6, 2, 10],
        [8, 6, 7],
        [9, 8, 1],
    ];
    (corners.iter().map(|&corner| Vector3::from(corner).normalize()).collect(), triangles.to_vec())
}

fn subdivide(vertices: &mut Vec<Vector3<f64>>, triangles: &[[usize; 3]]) -> Vec<[usize; 3]> {
    let mut midpoints = HashMap::new();
    let mut midpoint = |a: usize, b: usize| {
        *midpoints.entry((a.min(b), a.max(b))).or_insert_with(|| {
            vertices.push((vertices[a] + vertices[b]).normalize());
            vertices.len() - 1
        })
    };
    triangles
        .iter()
        .flat_map(|&[a, b, c]| {
            let (ab, bc, ca) = (midpoint(a, b), midpoint(b, c), midpoint(c, a));
            [[a, ab, ca], [b, bc, ab], [c, ca, bc], [ab, bc, ca]]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_sphere_that_faces_outwards() {
        let sphere = Icosphere::new(3);
        assert_eq!(sphere.vertices.len(), 642);
        assert_eq!(sphere.triangles.len(), 1280);
        assert!(sphere.neighbours.iter().all(|n| n.len() == 5 || n.len() == 6));
        for &[a, b, c] in &sphere.triangles {
            let [a, b, c] = [a, b, c].map(|v| sphere.vertices[v]);
            assert!((b - a).cross(&(c - a)).dot(&a) > 0.0);
        }
    }
}
