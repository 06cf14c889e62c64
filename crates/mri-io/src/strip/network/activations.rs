//! What one layer hands to the next.

use ndarray::Array3;

/// Places of a row that are computed together.
pub(super) const TILE: usize = 16;

/// Channels on a grid, with a border of zeros one voxel wide, in which convolutions need no bounds.
///
/// In memory the first axis is outermost, then come the channels, so that slabs can be computed side by side.
pub(super) struct Activations {
    pub(super) channels: usize,
    pub(super) shape: [usize; 3],
    pub(super) values: Vec<f32>,
}

impl Activations {
    pub(super) fn zeros(channels: usize, shape: [usize; 3]) -> Self {
        let mut zeros = Self { channels, shape, values: Vec::new() };
        zeros.values = vec![0.0; (shape[0] + 2) * zeros.slab()];
        zeros
    }

    /// Length of a row with its border, and with what fills the last tile.
    pub(super) fn row(&self) -> usize {
        self.shape[2].next_multiple_of(TILE) + 2
    }

    /// Values of one place along the first axis.
    pub(super) fn slab(&self) -> usize {
        self.channels * (self.shape[1] + 2) * self.row()
    }

    /// Where the row of a channel begins; `x` and `y` count the border.
    pub(super) fn begin(&self, channel: usize, x: usize, y: usize) -> usize {
        x * self.slab() + (channel * (self.shape[1] + 2) + y) * self.row()
    }

    /// Volumes whose blocks of 2 x 2 x 2 voxels become channels. All sides are even.
    pub(super) fn unshuffled(volumes: &[&Array3<f32>]) -> Self {
        let whole: [usize; 3] = volumes[0].dim().into();
        let mut out = Self::zeros(8 * volumes.len(), whole.map(|n| n / 2));
        for (number, volume) in volumes.iter().enumerate() {
            for ((x, y, z), &value) in volume.indexed_iter() {
                let channel = 8 * number + 4 * (x % 2) + 2 * (y % 2) + z % 2;
                let at = out.begin(channel, x / 2 + 1, y / 2 + 1) + z / 2 + 1;
                out.values[at] = value;
            }
        }
        out
    }

    /// The opposite: one volume of eight channels.
    pub(super) fn shuffled(&self) -> Array3<f32> {
        let shape = self.shape.map(|n| 2 * n);
        Array3::from_shape_fn(shape, |(x, y, z)| {
            let channel = 4 * (x % 2) + 2 * (y % 2) + z % 2;
            self.values[self.begin(channel, x / 2 + 1, y / 2 + 1) + z / 2 + 1]
        })
    }

    /// Adds what has half as many voxels along each axis; each of its voxels counts for eight.
    pub(super) fn add_doubled(&mut self, coarse: &Self) {
        for x in 0..self.shape[0] {
            for channel in 0..self.channels {
                for y in 0..self.shape[1] {
                    let to = self.begin(channel, x + 1, y + 1) + 1;
                    let from = coarse.begin(channel, x / 2 + 1, y / 2 + 1) + 1;
                    for z in 0..self.shape[2] {
                        self.values[to + z] += coarse.values[from + z / 2];
                    }
                }
            }
        }
    }
}
