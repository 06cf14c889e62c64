//! Where a viewer's threshold slider stops, and maps as numbers of stops: what lies above a stop is known exactly.

use anomaly_eval::{Binning, Result, ScoreHistogram, VoxelSet};
use ndarray::{Array3, ArrayView3};
use serde::Serialize;

/// Equal steps from 0 to 1. With a few thresholds of a model, levels fit into a byte.
const STEPS: u8 = 200;

/// Thresholds in [0, 1], ascending: equal steps, and a method's own thresholds between them.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Stops(Vec<f32>);

/// Exact counts of one subject along the stops.
#[derive(Debug, Serialize)]
pub(crate) struct StopCounts {
    voxels: VoxelSet,
    lesion: u64,
    healthy: u64,
    /// Lesion and healthy voxels above each stop.
    above: Vec<[u64; 2]>,
}

impl Stops {
    /// At most 50 `thresholds`, beside the equal steps.
    pub(crate) fn new(thresholds: &[f32]) -> Self {
        let mut stops: Vec<f32> = (0..=STEPS).map(|step| f32::from(step) / f32::from(STEPS)).collect();
        stops.extend(thresholds);
        stops.sort_by(f32::total_cmp);
        stops.dedup();
        Self(stops)
    }

    /// The stop at a threshold that was given to [`Self::new`].
    pub(crate) fn position(&self, threshold: f32) -> Option<usize> {
        self.0.iter().position(|stop| *stop == threshold)
    }

    /// The [`Self::level`] of each score: a score is above a stop exactly if its level is above the stop's
    /// position.
    pub(crate) fn levels(&self, scores: ArrayView3<'_, f32>) -> Array3<u8> {
        scores.mapv(|score| self.level(score))
    }

    /// The number of stops below a score.
    pub(crate) fn level(&self, score: f32) -> u8 {
        self.0.partition_point(|stop| *stop < score) as u8
    }

    /// Number of voxels above each stop.
    pub(crate) fn above(&self, levels: ArrayView3<'_, u8>) -> Vec<u64> {
        let mut at_level = vec![0; self.0.len() + 1];
        levels.iter().for_each(|level| at_level[usize::from(*level)] += 1);
        let all: u64 = at_level.iter().sum();
        let below = at_level.iter().scan(0, |below, count| {
            *below += count;
            Some(all - *below)
        });
        below.take(self.0.len()).collect()
    }

    /// Counts of a subject's scores, which lie in one slice with its masks.
    pub(crate) fn count(&self, scores: &[f32], lesions: &[bool], brain: &[bool]) -> Result<Vec<StopCounts>> {
        let mut histogram = ScoreHistogram::new(Binning::new(&self.0)?);
        histogram.add(scores, Some(lesions), brain)?;
        let of_set = |voxels| {
            let above =
                |stop: &f32| histogram.counts_above(*stop, voxels).map(|counts| [counts.tp, counts.fp]);
            let above = self.0.iter().map(above).collect::<Result<_>>()?;
            let (lesion, healthy) = histogram.totals(voxels);
            Ok(StopCounts { voxels, lesion, healthy, above })
        };
        VoxelSet::ALL.into_iter().map(of_set).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stops_are_ascending_and_hold_the_thresholds() {
        let stops = Stops::new(&[0.1234, 0.5, 0.987_654]);
        assert!(stops.0.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(stops.0.len(), 203, "0.5 is one of the steps");
        let at = stops.position(0.1234).unwrap();
        assert_eq!((stops.0[at], stops.0[0], stops.0[202]), (0.1234, 0.0, 1.0));
        assert_eq!(stops.position(0.12), Some(24));
        assert_eq!(stops.position(0.121), None);
    }

    #[test]
    fn a_level_is_above_a_stop_exactly_if_its_score_is_and_counts_say_the_same() {
        let stops = Stops::new(&[0.0317, 0.0317_f32.next_up(), 0.72]);
        // Each stop itself, and its neighbours among all numbers.
        let around = |stop: &f32| [stop.next_down().max(0.0), *stop, stop.next_up().min(1.0)];
        let scores: Vec<f32> = stops.0.iter().flat_map(around).collect();
        let lesions: Vec<bool> = (0..scores.len()).map(|i| i % 5 == 0).collect();
        let brain: Vec<bool> = (0..scores.len()).map(|i| i % 3 != 0).collect();
        let counts = stops.count(&scores, &lesions, &brain).unwrap();
        let map = Array3::from_shape_vec((1, 1, scores.len()), scores.clone()).unwrap();
        let levels = stops.levels(map.view());
        for (position, stop) in stops.0.iter().enumerate() {
            let above: Vec<bool> = levels.iter().map(|level| usize::from(*level) > position).collect();
            assert!(above.iter().zip(&scores).all(|(above, score)| *above == (score > stop)), "{stop}");
            let counted = |lesion: bool, brain_only: bool| {
                (0..scores.len())
                    .filter(|&i| above[i] && lesions[i] == lesion && (brain[i] || !brain_only))
                    .count() as u64
            };
            assert_eq!(stops.above(levels.view())[position], counted(true, false) + counted(false, false));
            assert_eq!(counts[0].above[position], [counted(true, false), counted(false, false)]);
            assert_eq!(counts[1].above[position], [counted(true, true), counted(false, true)]);
        }
    }
}
