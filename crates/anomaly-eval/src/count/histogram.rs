//! One streaming pass over a subject: an exact histogram of scores by class and voxel set.
//!
//! Scores are f32 in [0, 1]. A bin is a range of f32 bit patterns: 4096 bins to each factor of two from 2^-16 to 1
//! (a relative width of 2.4e-4), one bin for exactly 0 and one for (0, 2^-16). Each threshold that is known
//! beforehand splits the bin it falls into. Hence
//!
//! * counts at the upper end of any bin, so at each of these thresholds, are **exact** for the full f32 scores;
//! * thresholds that a protocol searches for are taken from the bin ends, so counts there are exact too,
//!   without a second pass;
//! * areas under curves treat the scores of a bin as tied, and come with bounds that hold whatever their true order;
//! * a histogram has a fixed size (2 MB), whatever the size of the cohort, and histograms add up exactly.

use std::sync::Arc;

use rayon::prelude::*;

use crate::{ConfusionCounts, Error, Result, check_shape};

/// Which voxels are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum VoxelSet {
    /// All voxels of the grid, as the paper's specificities require.
    All,
    /// Voxels of the brain mask only.
    Brain,
}

impl VoxelSet {
    /// Both sets, in the order of tables.
    pub const ALL: [Self; 2] = [Self::All, Self::Brain];

    /// Identifier in files.
    pub fn id(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Brain => "brain",
        }
    }

    /// Name for captions.
    pub fn label(self) -> &'static str {
        match self {
            Self::All => "all voxels",
            Self::Brain => "brain voxels",
        }
    }
}

const ONE: u32 = 1.0_f32.to_bits();
/// Low mantissa bits that are dropped: 2^(23 - 11) = 4096 bins for each factor of two.
const DROPPED_BITS: u32 = 11;
/// Scores below 2^-16 share one bin.
const FLOOR: u32 = (127 - 16) << 23;
/// The bin below `FLOOR` starts here, so that one subtraction and one shift give the index.
const ORIGIN: u32 = FLOOR - (1 << DROPPED_BITS);

/// Voxels that are counted into one table of their own.
const CHUNK: usize = 1 << 22;
/// Voxels whose cells are computed before they are counted: few, so that the processor reads the next ones meanwhile.
const GROUP: usize = 16;
/// While counting, a cell is the class (1 for lesion, plus 2 for brain) above this many bits of the bin: bins of one class
/// lie close together, as most voxels are of one class.
const BIN_BITS: u32 = 17;
const MOST_BINS: usize = 1 << BIN_BITS;
const CELLS: usize = 4 * MOST_BINS;

/// The bins of a [`ScoreHistogram`]. Histograms can be added when they share a binning.
#[derive(Clone, Debug, PartialEq)]
pub struct Binning {
    /// Largest score of each bin, ascending; the last is 1.
    upper: Vec<f32>,
    /// Thresholds that split a bin.
    splits: Vec<f32>,
}

impl Binning {
    /// Bins whose ends include `thresholds`, so that counts above each of them are exact.
    ///
    /// # Errors
    /// [`Error::Invalid`] if a threshold is outside [0, 1], or there are more than 60,000.
    pub fn new(thresholds: &[f32]) -> Result<Arc<Self>> {
        if let Some(bad) = thresholds.iter().find(|t| !(0.0..=1.0).contains(*t)) {
            return Err(Error::invalid(format!(
                "threshold {bad} is outside [0, 1], the range of anomaly scores"
            )));
        }
        let mut ends: Vec<u32> = (FLOOR - 1..ONE).step_by(1 << DROPPED_BITS).collect();
        ends.extend([0, ONE]);
        ends.sort_unstable();
        let mut splits: Vec<u32> = thresholds.iter().map(|t| bits(*t)).collect();
        splits.sort_unstable();
        splits.dedup();
        splits.retain(|t| ends.binary_search(t).is_err());
        ends.extend(&splits);
        ends.sort_unstable();
        if ends.len() > MOST_BINS {
            return Err(Error::invalid(format!(
                "{} thresholds are too many for one histogram",
                splits.len()
            )));
        }
        let floats = |patterns: Vec<u32>| patterns.into_iter().map(f32::from_bits).collect();
        Ok(Arc::new(Self { upper: floats(ends), splits: floats(splits) }))
    }

    /// Number of bins.
    pub(crate) fn len(&self) -> usize {
        self.upper.len()
    }

    /// Largest score of a bin. A voxel of a later bin is above it, a voxel of this bin is not.
    pub(crate) fn upper(&self, bin: usize) -> f32 {
        self.upper[bin]
    }

    /// The lowest bin end that is not below a threshold in [0, 1].
    pub(crate) fn first_end_from(&self, threshold: f32) -> f32 {
        self.upper[self.upper.partition_point(|end| *end < threshold)]
    }

    /// Thresholds that are bin ends beside those of the regular bins, ascending.
    pub(crate) fn splits(&self) -> &[f32] {
        &self.splits
    }

    /// The cell of each voxel: its class, and its bin (how many bin ends lie below the score); a number without meaning for
    /// what is no score, and then `good` becomes false. Plain loops without a branch, so that the compiler makes vector
    /// instructions of them.
    #[inline]
    fn cells<const N: usize>(
        &self,
        scores: &[f32; N],
        lesion: &[bool; N],
        brain: &[bool; N],
        good: &mut bool,
    ) -> [u32; N] {
        // Most runs have two thresholds of their own: those take part in the first loop, above no score if there are fewer.
        let split = |at: usize| self.splits.get(at).copied().unwrap_or(1.0);
        let (first, second) = (split(0), split(1));
        let origin = f32::from_bits(ORIGIN);
        let mut cells = [0; N];
        for (((cell, &score), lesion), brain) in cells.iter_mut().zip(scores).zip(lesion).zip(brain) {
            *good &= is_score(score);
            let pattern = if score > origin { score } else { origin }.to_bits();
            let bin = (pattern.wrapping_sub(ORIGIN) >> DROPPED_BITS)
                + u32::from(score != 0.0)
                + u32::from(score > first)
                + u32::from(score > second);
            let class = 2 * u32::from(*brain) + u32::from(*lesion);
            *cell = (class << BIN_BITS) + bin;
        }
        for split in self.splits.iter().skip(2) {
            for (cell, score) in cells.iter_mut().zip(scores) {
                *cell += u32::from(score > split);
            }
        }
        cells
    }
}

/// False for NaN.
#[inline]
fn is_score(score: f32) -> bool {
    (0.0..=1.0).contains(&score)
}

/// Bit pattern of a non-negative score; monotone in the score. Minus zero counts as zero.
#[inline]
fn bits(score: f32) -> u32 {
    (score + 0.0).to_bits()
}

/// How many scores of each class fall into each bin, for all voxels and for brain voxels.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoreHistogram {
    pub(crate) binning: Arc<Binning>,
    /// For each bin: healthy and lesion voxels outside the brain mask, then inside.
    pub(crate) cells: Vec<[u64; 4]>,
}

impl ScoreHistogram {
    /// A histogram of no voxels.
    pub fn new(binning: Arc<Binning>) -> Self {
        let cells = vec![[0; 4]; binning.len()];
        Self { binning, cells }
    }

    /// Adds the voxels of one subject: normalized anomaly scores in [0, 1], whether each voxel is lesion (`None` for a
    /// healthy subject), and whether it lies in the brain. All slices in the same voxel order. On an error the
    /// histogram stays as it was.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`], [`Error::Empty`], [`Error::EmptyMask`], or for a voxel that is no score
    /// [`Error::NotFinite`] and [`Error::ScoreOutOfRange`].
    pub fn add(&mut self, scores: &[f32], lesion: Option<&[bool]>, brain: &[bool]) -> Result<()> {
        let n = scores.len();
        if n == 0 {
            return Err(Error::Empty { what: "the anomaly map" });
        }
        check_shape("the brain mask", &[brain.len()], &[n])?;
        check_shape("the lesion mask", &[lesion.map_or(n, <[bool]>::len)], &[n])?;
        if !brain.contains(&true) {
            return Err(Error::EmptyMask);
        }
        // Counts are integers: the result does not depend on how the work is shared out.
        let tables = scores
            .par_chunks(CHUNK)
            .zip(brain.par_chunks(CHUNK))
            .enumerate()
            .map(|(part, (scores, brain))| {
                let start = part * CHUNK;
                self.count(scores, lesion.map(|lesion| &lesion[start..][..scores.len()]), brain)
                    .map_err(|bad| score_error(start + bad, scores[bad]))
            })
            .collect::<Result<Vec<_>>>()?;
        for table in tables {
            for (class, table) in table.chunks(MOST_BINS).enumerate() {
                for (cell, counted) in self.cells.iter_mut().zip(table) {
                    cell[class] += u64::from(*counted);
                }
            }
        }
        Ok(())
    }

    /// Counts one part of a subject, or says at which voxel there is no score.
    fn count(&self, scores: &[f32], lesion: Option<&[bool]>, brain: &[bool]) -> Result<Vec<u32>, usize> {
        let mut table = vec![0; CELLS];
        let counts: &mut [u32; CELLS] = table.as_mut_slice().try_into().expect("a table has this length");
        let (groups, rest) = scores.as_chunks::<GROUP>();
        let (brain_groups, brain_rest) = brain.as_chunks();
        let (lesion_groups, lesion_rest) = lesion.unwrap_or_default().as_chunks();
        let mut good = true;
        for (at, (scores, brain)) in groups.iter().zip(brain_groups).enumerate() {
            let lesion = lesion_groups.get(at).unwrap_or(&[false; GROUP]);
            for cell in self.binning.cells(scores, lesion, brain, &mut good) {
                counts[cell as usize % CELLS] += 1;
            }
        }
        for (at, (score, brain)) in rest.iter().zip(brain_rest).enumerate() {
            let lesion = lesion_rest.get(at).is_some_and(|lesion| *lesion);
            let [cell] = self.binning.cells(&[*score], &[lesion], &[*brain], &mut good);
            counts[cell as usize % CELLS] += 1;
        }
        if good {
            Ok(table)
        } else {
            Err(scores.iter().position(|score| !is_score(*score)).unwrap_or_default())
        }
    }

    /// Adds the voxels of another histogram.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the two were made for different thresholds.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        if self.binning != other.binning {
            return Err(Error::invalid("histograms made for different thresholds cannot be added"));
        }
        for (cell, more) in self.cells.as_flattened_mut().iter_mut().zip(other.cells.as_flattened()) {
            *cell += more;
        }
        Ok(())
    }

    /// Exact counts when voxels **above** `threshold` (`score > threshold`) are called anomalous.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the threshold is no bin end: it was neither given to [`Binning::new`] nor
    /// chosen by a protocol from such a histogram.
    pub fn counts_above(&self, threshold: f32, voxels: VoxelSet) -> Result<ConfusionCounts> {
        let Ok(bin) = self.binning.upper.binary_search_by(|end| end.total_cmp(&(threshold + 0.0))) else {
            return Err(Error::invalid(format!(
                "counts above {threshold} are not known exactly: give this threshold when the binning is made"
            )));
        };
        let sum = |cells: &[[u64; 4]]| {
            cells.iter().map(|cell| classes(*cell, voxels)).fold((0, 0), |sum, (p, n)| (sum.0 + p, sum.1 + n))
        };
        let (below, above) = self.cells.split_at(bin + 1);
        let ((fn_, tn), (tp, fp)) = (sum(below), sum(above));
        Ok(ConfusionCounts { tp, fp, tn, fn_ })
    }

    /// Number of lesion and of healthy voxels.
    pub fn totals(&self, voxels: VoxelSet) -> (u64, u64) {
        self.descending(voxels).fold((0, 0), |sum, step| (sum.0 + step.lesion, sum.1 + step.healthy))
    }

    /// Bins that hold voxels, from the highest scores to the lowest.
    pub(crate) fn descending(&self, voxels: VoxelSet) -> impl Iterator<Item = Step> + '_ {
        self.cells.iter().enumerate().rev().filter_map(move |(bin, cell)| {
            let (lesion, healthy) = classes(*cell, voxels);
            (lesion + healthy > 0).then_some(Step { bin, lesion, healthy })
        })
    }
}

/// One bin of a sweep through the scores.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) bin: usize,
    pub(crate) lesion: u64,
    pub(crate) healthy: u64,
}

/// (lesion, healthy) voxels of one bin.
fn classes([healthy_out, lesion_out, healthy_in, lesion_in]: [u64; 4], voxels: VoxelSet) -> (u64, u64) {
    match voxels {
        VoxelSet::All => (lesion_out + lesion_in, healthy_out + healthy_in),
        VoxelSet::Brain => (lesion_in, healthy_in),
    }
}

fn score_error(index: usize, value: f32) -> Error {
    if value.is_finite() {
        Error::ScoreOutOfRange { index, value }
    } else {
        Error::NotFinite { what: "the anomaly map", index, value }
    }
}
