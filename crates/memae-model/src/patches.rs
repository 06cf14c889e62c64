//! What a memory has learned, shown by the training patches that address its items most.

use tch::Device;

use crate::Result;
use crate::cohort::{Cohort, Source, Window, for_each_batch};
use crate::network::Network;
use crate::network::bottleneck::Latent;
use crate::settings::{Query, SIDE_MULTIPLE};
use crate::tensors;

/// Windows that go through the network together.
const BATCH: usize = 16;
/// Pixels that the patch shown for a query has more than its block on each axis: the trunk's encoder sees 31 pixels of the slice at
/// one position, which stands for 16.
const MARGIN: usize = SIDE_MULTIPLE;

/// A patch of a slice whose query addresses an item.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemPatch {
    /// Index of the subject in the cohort.
    pub subject: usize,
    /// Index k of the slice.
    pub slice: usize,
    /// First pixel of the patch along [i, j].
    pub corner: [usize; 2],
    /// Pixels of the patch along [i, j]: 32 x 32 where a query is one position, the slice where it is a whole slice.
    pub sides: [usize; 2],
    /// The item's addressing weight, in [0, 1].
    pub weight: f32,
    /// Intensities, j fastest.
    pub pixels: Vec<f32>,
}

/// The most an item got from one subject.
#[derive(Clone, Copy)]
struct Best {
    weight: f32,
    window: Window,
    position: usize,
}

/// For each item of the network's memory the `count` subjects of the cohort of which some patch addresses it most, each with
/// that patch, most first. Empty for a network without memory.
pub(crate) fn nearest(
    network: &Network,
    query: Query,
    cohort: &Cohort,
    count: usize,
) -> Result<Vec<Vec<ItemPatch>>> {
    let grid = query.grid(cohort.sides().map(|side| side / SIDE_MULTIPLE))?;
    let (windows, _) = cohort.windows(false);
    // [item][subject]
    let mut best: Vec<Vec<Option<Best>>> = Vec::new();
    let source = Source::mapped(cohort, network.device);
    for_each_batch(source, &windows, BATCH, false, |_, batch| -> Result<()> {
        let Latent::Addressed(weights) = network.evaluate(&batch.input)?.latent else { return Ok(()) };
        let (_, items) = weights.size2()?;
        let by_window = weights.f_view([batch.windows.len() as i64, -1, items])?;
        let (most, position) = by_window.f_max_dim(1, false)?;
        let (most, position) = (tensors::to_vec(&most)?, positions(&position)?);
        best.resize(items as usize, vec![None; cohort.len()]);
        for (at, (&weight, &position)) in most.iter().zip(&position).enumerate() {
            let window = batch.windows[at / items as usize];
            let old = &mut best[at % items as usize][window.subject];
            if old.is_none_or(|old| old.weight < weight) {
                *old = Some(Best { weight, window, position });
            }
        }
        Ok(())
    })?;
    let patches = best.into_iter().map(|subjects| {
        let mut found: Vec<Best> = subjects.into_iter().flatten().collect();
        found.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        found.iter().take(count).map(|best| patch(cohort, grid, best)).collect()
    });
    Ok(patches.collect())
}

fn positions(tensor: &tch::Tensor) -> Result<Vec<usize>> {
    let numbers: Vec<i64> = Vec::try_from(&tensor.f_to_device(Device::Cpu)?.f_reshape([-1])?)?;
    Ok(numbers.into_iter().map(|number| number as usize).collect())
}

fn patch(cohort: &Cohort, grid: [usize; 2], best: &Best) -> ItemPatch {
    let Window { subject, slice } = best.window;
    let slice_sides = cohort.sides();
    let place = [best.position / grid[1], best.position % grid[1]];
    let block = [0, 1].map(|axis| slice_sides[axis] / grid[axis]);
    let sides = [0, 1].map(|axis| slice_sides[axis].min(block[axis] + MARGIN));
    // Moved inside the slice where it would leave it. The pixel of a position is the first of its 16.
    let corner = [0, 1].map(|axis| {
        let first = (block[axis] * place[axis]).saturating_sub(MARGIN);
        first.min(slice_sides[axis] - sides[axis])
    });
    let (quantized, value) = (cohort.slice(subject, slice), cohort.dequantize(subject));
    let rows = corner[0]..corner[0] + sides[0];
    let pixels = rows
        .flat_map(|row| &quantized[row * slice_sides[1] + corner[1]..][..sides[1]])
        .map(|quantized| value(*quantized))
        .collect();
    ItemPatch { subject, slice, corner, sides, weight: best.weight, pixels }
}
