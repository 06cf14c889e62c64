//! Connected components that grow voxel by voxel (union-find).

use super::components::Voxel;

/// Components with 26 neighbours of the voxels added so far. A component is marked if any of its voxels is.
pub(crate) struct Union {
    /// Parent of each voxel of the grid, which has a border of one voxel that is never added; the roots are their own.
    parents: Vec<u32>,
    marked: Vec<bool>,
    /// Steps through the bordered grid along each axis.
    strides: [usize; 3],
    neighbours: [isize; 26],
    unmarked: u32,
}

const ABSENT: u32 = u32::MAX;

impl Union {
    /// No voxels yet, on a grid of fewer than 2^32 voxels.
    pub(crate) fn new((across, along, slices): (usize, usize, usize)) -> Self {
        let strides = [(along + 2) * (slices + 2), slices + 2, 1];
        let voxels = (across + 2) * strides[0];
        let step = |direction: isize, axis: usize| (direction - 1) * strides[axis] as isize;
        let around: Vec<isize> = (0..27)
            .map(|n| step(n / 9, 0) + step(n / 3 % 3, 1) + step(n % 3, 2))
            .filter(|offset| *offset != 0)
            .collect();
        let neighbours = std::array::from_fn(|n| around[n]);
        Self { parents: vec![ABSENT; voxels], marked: vec![false; voxels], strides, neighbours, unmarked: 0 }
    }

    /// The name of a voxel.
    pub(crate) fn index(&self, (i, j, k): Voxel) -> u32 {
        let [across, along, _] = self.strides;
        ((i + 1) * across + (j + 1) * along + (k + 1)) as u32
    }

    /// Adds a voxel and joins it to the components around it.
    pub(crate) fn add(&mut self, voxel: u32, marked: bool) {
        self.parents[voxel as usize] = voxel;
        self.marked[voxel as usize] = marked;
        self.unmarked += u32::from(!marked);
        for offset in self.neighbours {
            let neighbour = (voxel as isize + offset) as u32;
            if self.parents[neighbour as usize] != ABSENT {
                self.join(voxel, neighbour);
            }
        }
    }

    /// Number of components without a marked voxel.
    pub(crate) fn unmarked_components(&self) -> u32 {
        self.unmarked
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        if a == b {
            return;
        }
        // Of two components one is left, marked if either was: an unmarked one is gone unless both were marked.
        let (mark_a, mark_b) = (self.marked[a as usize], self.marked[b as usize]);
        self.unmarked -= u32::from(!(mark_a && mark_b));
        self.marked[b as usize] = mark_a || mark_b;
        self.parents[a as usize] = b;
    }

    /// The root of a voxel's component; the way there is halved for the next time.
    fn root(&mut self, mut voxel: u32) -> u32 {
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
