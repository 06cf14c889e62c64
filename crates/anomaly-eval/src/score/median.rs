//! Median filter of 3, 5 or 7 voxels along each axis.
//!
//! A window slides along each line of voxels and holds the ranks of its values instead of the values: of 5 x 5 x 5, 25 ranks
//! leave and 25 come at each step, and the median is found by counting from where it was last (Huang, Yang and Tang, "A fast
//! two-dimensional median filtering algorithm", IEEE Transactions on Acoustics, Speech and Signal Processing 27, 1979).
//! Ranks are those within a tile of the grid of at most 2^16 voxels, each rank given once, so that the window is a set of
//! bits that fits the fastest cache, and the median is exact for any f32 values.

use ndarray::parallel::prelude::*;
use ndarray::{Array3, ArrayView3, ArrayViewMut3, Axis, s};

/// Widths of windows that there are. With those around it that the widest window reaches, a tile has 64,856 voxels.
pub(crate) const WIDTHS: [usize; 3] = [3, 5, 7];
/// Voxels of a tile whose medians are computed; the last axis is the one that windows slide along.
const TILE: [usize; 3] = [16, 16, 128];

/// Median of `width` voxels along each axis, one of [`WIDTHS`], at the voxels `kept`, 0 elsewhere. Beyond the border the border
/// voxel is repeated, as in `scipy.ndimage.median_filter(size=width, mode="nearest")`. Values are ordered by
/// [`f32::total_cmp`].
pub(crate) fn median(map: ArrayView3<'_, f32>, kept: ArrayView3<'_, bool>, width: usize) -> Array3<f32> {
    let (_, along, slices) = map.dim();
    let mut filtered = Array3::zeros(map.raw_dim());
    let slabs = filtered.axis_chunks_iter_mut(Axis(0), TILE[0]).into_par_iter().enumerate();
    slabs.for_each(|(slab, mut filtered)| {
        let i = slab * TILE[0];
        for j in (0..along).step_by(TILE[1]) {
            for k in (0..slices).step_by(TILE[2]) {
                let (j_end, k_end) = ((j + TILE[1]).min(along), (k + TILE[2]).min(slices));
                let kept = kept.slice(s![i..i + filtered.dim().0, j..j_end, k..k_end]);
                if kept.iter().any(|kept| *kept) {
                    filter_tile(map, kept, [i, j, k], width, filtered.slice_mut(s![.., j..j_end, k..k_end]));
                }
            }
        }
    });
    filtered
}

/// Filters the tile that starts at voxel `start`.
fn filter_tile(
    map: ArrayView3<'_, f32>,
    kept: ArrayView3<'_, bool>,
    start: [usize; 3],
    width: usize,
    mut filtered: ArrayViewMut3<'_, f32>,
) {
    let (across, along, _) = filtered.dim();
    let tile = Tile::new(map, start, filtered.dim(), width);
    let mut window = Window::new(width);
    for (i, j) in (0..across).flat_map(|i| (0..along).map(move |j| (i, j))) {
        let kept = kept.slice(s![i, j, ..]);
        let Some(first) = kept.iter().position(|kept| *kept) else { continue };
        let last = kept.iter().rposition(|kept| *kept).unwrap_or(first);
        let lines = tile.lines_around(i, j);
        window.clear();
        for k in first..first + width - 1 {
            for ranks in &lines {
                window.insert(ranks[k]);
            }
        }
        for k in first..=last {
            for ranks in &lines {
                window.insert(ranks[k + width - 1]);
            }
            if kept[k] {
                filtered[[i, j, k]] = tile.sorted[window.median()];
            }
            for ranks in &lines {
                window.remove(ranks[k]);
            }
        }
    }
}

/// A tile with the voxels around it that its windows reach.
struct Tile {
    /// All values in ascending order.
    sorted: Vec<f32>,
    /// Place of each voxel's value in this order.
    ranks: Array3<u16>,
    /// Of the windows.
    width: usize,
}

impl Tile {
    fn new(
        map: ArrayView3<'_, f32>,
        start: [usize; 3],
        (across, along, slices): (usize, usize, usize),
        width: usize,
    ) -> Self {
        let radius = width / 2;
        let shape = [across, along, slices].map(|n| n + 2 * radius);
        let nearest =
            |axis: usize, at: usize| (start[axis] + at).saturating_sub(radius).min(map.shape()[axis] - 1);
        let values =
            Array3::from_shape_fn(shape, |(i, j, k)| map[[nearest(0, i), nearest(1, j), nearest(2, k)]]);
        let mut order: Vec<(f32, u16)> = values.into_iter().zip(0..=u16::MAX).collect();
        order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut ranks = vec![0; order.len()];
        for ((_, voxel), rank) in order.iter().zip(0..=u16::MAX) {
            ranks[usize::from(*voxel)] = rank;
        }
        let ranks = Array3::from_shape_fn(shape, |(i, j, k)| ranks[(i * shape[1] + j) * shape[2] + k]);
        Self { sorted: order.into_iter().map(|(value, _)| value).collect(), ranks, width }
    }

    /// The lines of ranks that the windows along a line of voxels hold.
    fn lines_around(&self, i: usize, j: usize) -> Vec<&[u16]> {
        let (_, along, slices) = self.ranks.dim();
        let ranks = self.ranks.as_slice().unwrap_or_default();
        let line = |line: usize| {
            let start = ((i + line / self.width) * along + j + line % self.width) * slices;
            &ranks[start..start + slices]
        };
        (0..self.width * self.width).map(line).collect()
    }
}

/// Ranks of a word.
const WORD: usize = u64::BITS as usize;
const WORDS: usize = (1 << u16::BITS) / WORD;

/// The ranks in a window: a set of bits, and where its median was last.
struct Window {
    bits: [u64; WORDS],
    /// Number of ranks in each word.
    counts: [u8; WORDS],
    /// The word that held the median last, and the number of ranks in the words below.
    word: usize,
    below: usize,
    /// Ranks of a full window that lie below its median.
    half: usize,
}

impl Window {
    fn new(width: usize) -> Self {
        Self { bits: [0; WORDS], counts: [0; WORDS], word: 0, below: 0, half: width.pow(3) / 2 }
    }

    fn clear(&mut self) {
        *self = Self { bits: [0; WORDS], counts: [0; WORDS], word: 0, below: 0, half: self.half };
    }

    fn insert(&mut self, rank: u16) {
        let (word, bit) = (usize::from(rank) / WORD, usize::from(rank) % WORD);
        self.bits[word] |= 1 << bit;
        self.counts[word] += 1;
        self.below += usize::from(word < self.word);
    }

    fn remove(&mut self, rank: u16) {
        let (word, bit) = (usize::from(rank) / WORD, usize::from(rank) % WORD);
        self.bits[word] &= !(1 << bit);
        self.counts[word] -= 1;
        self.below -= usize::from(word < self.word);
    }

    /// The median of a full window.
    fn median(&mut self) -> usize {
        while self.below > self.half {
            self.word -= 1;
            self.below -= usize::from(self.counts[self.word]);
        }
        while self.below + usize::from(self.counts[self.word]) <= self.half {
            self.below += usize::from(self.counts[self.word]);
            self.word += 1;
        }
        let mut bits = self.bits[self.word];
        for _ in self.below..self.half {
            bits &= bits - 1;
        }
        self.word * WORD + bits.trailing_zeros() as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The median by its definition.
    fn sorted_window(map: &Array3<f32>, (i, j, k): (usize, usize, usize), width: usize) -> f32 {
        let around = |centre: usize, n: usize| {
            (0..width).map(move |at| (centre + at).saturating_sub(width / 2).min(n - 1))
        };
        let (across, along, slices) = map.dim();
        let mut window = Vec::new();
        for i in around(i, across) {
            for j in around(j, along) {
                window.extend(around(k, slices).map(|k| map[[i, j, k]]));
            }
        }
        window.sort_by(f32::total_cmp);
        window[window.len() / 2]
    }

    fn check(map: &Array3<f32>, kept: &Array3<bool>, width: usize) {
        let filtered = median(map.view(), kept.view(), width);
        for ((voxel, median), kept) in filtered.indexed_iter().zip(kept) {
            let expected = if *kept { sorted_window(map, voxel, width) } else { 0.0 };
            assert_eq!(*median, expected, "{voxel:?} of {:?}", map.dim());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn the_median_is_the_middle_of_the_sorted_window(
            shape in (1..20_usize, 1..20_usize, 1..12_usize),
            levels in 1..300_u32,
            width in prop::sample::select(&WIDTHS[..]),
            seed in any::<u32>(),
        ) {
            let noise = |(i, j, k): (usize, usize, usize), salt: u32| {
                let voxel = ((i * 20 + j) * 20 + k) as u32;
                (voxel ^ seed).wrapping_mul(0x9E37_79B9).rotate_left(salt).wrapping_mul(0x85EB_CA6B) >> 16
            };
            // Few levels give ties; a third of the values are negative.
            let map = Array3::from_shape_fn(shape, |at| noise(at, 5).rem_euclid(levels) as f32 - levels as f32 / 3.0);
            let kept = Array3::from_shape_fn(shape, |at| noise(at, 11).rem_euclid(3) > 0);
            check(&map, &kept, width);
        }
    }

    #[test]
    fn tiles_leave_no_seam() {
        let shape = (TILE[0] + 1, TILE[1] + 3, TILE[2] + 5);
        let map =
            Array3::from_shape_fn(shape, |(i, j, k)| ((i * 7919 + j * 104_729 + k * 1299) % 1000) as f32);
        check(&map, &map.mapv(|value| value > 100.0), WIDTHS[2]);
    }
}
