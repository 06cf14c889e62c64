//! Connected components that grow voxel by voxel.

use super::components::Voxel;
use super::forest::Forest;

/// Components with 26 neighbours of the voxels added so far. A component is marked if any of its voxels is.
pub(crate) struct Union {
    forest: Forest,
    marked: Vec<bool>,
    unmarked: u32,
}

impl Union {
    /// No voxels yet, on a grid of fewer than 2^32 voxels.
    pub(crate) fn new(shape: (usize, usize, usize)) -> Self {
        let forest = Forest::new(shape);
        Self { marked: vec![false; forest.len()], forest, unmarked: 0 }
    }

    /// The name of a voxel.
    pub(crate) fn index(&self, voxel: Voxel) -> u32 {
        self.forest.index(voxel)
    }

    /// Adds a voxel and joins it to the components around it.
    pub(crate) fn add(&mut self, voxel: u32, marked: bool) {
        self.marked[voxel as usize] = marked;
        self.unmarked += u32::from(!marked);
        for neighbour in self.forest.add(voxel) {
            if self.forest.has(neighbour) {
                self.join(voxel, neighbour);
            }
        }
    }

    /// Number of components without a marked voxel.
    pub(crate) fn unmarked_components(&self) -> u32 {
        self.unmarked
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.forest.root(a), self.forest.root(b));
        if a == b {
            return;
        }
        // Of two components one is left, marked if either was: an unmarked one is gone unless both were marked.
        let (mark_a, mark_b) = (self.marked[a as usize], self.marked[b as usize]);
        self.unmarked -= u32::from(!(mark_a && mark_b));
        self.marked[b as usize] = mark_a || mark_b;
        self.forest.hang(a, b);
    }
}
