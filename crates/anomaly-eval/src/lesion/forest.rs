//! Trees of the voxels of a grid (union-find): each component is a tree, known by its root.

use super::components::Voxel;

/// Voxels added so far, each with a parent in its tree.
pub(super) struct Forest {
    /// Parent of each voxel of the grid, which has a border of one voxel that is never added; the roots are their own.
    parents: Vec<u32>,
    /// Steps through the bordered grid along each axis.
    strides: [usize; 3],
    neighbours: [isize; 26],
}

const ABSENT: u32 = u32::MAX;

impl Forest {
    /// No voxels yet, on a grid of fewer than 2^32 voxels.
    pub(super) fn new((across, along, slices): (usize, usize, usize)) -> Self {
        let strides = [(along + 2) * (slices + 2), slices + 2, 1];
        let voxels = (across + 2) * strides[0];
        let step = |direction: isize, axis: usize| (direction - 1) * strides[axis] as isize;
        let around: Vec<isize> = (0..27)
            .map(|n| step(n / 9, 0) + step(n / 3 % 3, 1) + step(n % 3, 2))
            .filter(|offset| *offset != 0)
            .collect();
        Self { parents: vec![ABSENT; voxels], strides, neighbours: std::array::from_fn(|n| around[n]) }
    }

    /// Above all names of voxels.
    pub(super) fn len(&self) -> usize {
        self.parents.len()
    }

    /// The name of a voxel.
    pub(super) fn index(&self, (i, j, k): Voxel) -> u32 {
        let [across, along, _] = self.strides;
        ((i + 1) * across + (j + 1) * along + (k + 1)) as u32
    }

    /// Adds a voxel as a tree of its own; the 26 places around it.
    pub(super) fn add(&mut self, voxel: u32) -> impl Iterator<Item = u32> + use<> {
        self.parents[voxel as usize] = voxel;
        self.neighbours.into_iter().map(move |offset| (voxel as isize + offset) as u32)
    }

    /// Whether a voxel was added.
    pub(super) fn has(&self, voxel: u32) -> bool {
        self.parents[voxel as usize] != ABSENT
    }

    /// Hangs a root below another voxel.
    pub(super) fn hang(&mut self, root: u32, below: u32) {
        self.parents[root as usize] = below;
    }

    /// The parent of a voxel that was added.
    pub(super) fn parent(&self, voxel: u32) -> u32 {
        self.parents[voxel as usize]
    }

    /// The root of a voxel's component; the way there is halved for the next time.
    pub(super) fn root(&mut self, mut voxel: u32) -> u32 {
        loop {
            let parent = self.parents[voxel as usize];
            if parent == voxel {
                return voxel;
            }
            let grandparent = self.parents[parent as usize];
            self.parents[voxel as usize] = grandparent;
            voxel = grandparent;
        }
    }
}
