//! Ways from a scan and its reconstruction to scores: the paper's, each with one thing changed, and what they give together.

use crate::{Outside, PlaceSettings, PostProcessing, Residual, ScopeKind, Scoring};

/// One way from a scan and its reconstruction to scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Variant {
    /// The paper's map, ended where the brain ends: absolute difference, each volume by its own range.
    Paper,
    /// With what it shows outside the brain.
    Outside,
    /// Each slice by its own range.
    Slice,
    /// All volumes by the range of healthy validation scans.
    Cohort,
    /// Where the scan is brighter than its reconstruction.
    Positive,
    /// 1 - SSIM instead of the difference.
    Ssim,
    /// The scan's intensities matched to its reconstruction's.
    MatchQuantiles,
    /// Calibrated by place.
    Place,
    /// Smoothed by 3 mm.
    Smooth,
    /// Median of 5 x 5 x 5 voxels.
    Median,
    /// Brain mask eroded by 3 voxels.
    Erosion,
    /// Weights over 6 mm at the brain's border.
    Border,
    /// The usual post-processing: median, erosion, small components removed.
    Usual,
    /// The positive part with the usual post-processing.
    PositiveUsual,
    /// The same of the scan matched to its reconstruction.
    MatchedPositiveUsual,
    /// The positive part calibrated by place, with the usual post-processing.
    PlacePositiveUsual,
    /// All of it: matched, positive part, calibrated by place, usual post-processing.
    MatchedPlacePositiveUsual,
}

impl Variant {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 17] = [
        Self::Paper,
        Self::Outside,
        Self::Slice,
        Self::Cohort,
        Self::Positive,
        Self::Ssim,
        Self::MatchQuantiles,
        Self::Place,
        Self::Smooth,
        Self::Median,
        Self::Erosion,
        Self::Border,
        Self::Usual,
        Self::PositiveUsual,
        Self::MatchedPositiveUsual,
        Self::PlacePositiveUsual,
        Self::MatchedPlacePositiveUsual,
    ];

    /// Those that the headline table needs: the paper's map, and what is usual in the field since.
    pub const HEADLINE: [Self; 2] = [Self::Paper, Self::PositiveUsual];

    /// Name for tables.
    pub fn label(self) -> &'static str {
        match self {
            Self::Paper => "as the paper, within the brain",
            Self::Outside => "outside the brain too",
            Self::Slice => "each slice by its own range",
            Self::Cohort => "by the range of healthy scans",
            Self::Positive => "positive part",
            Self::Ssim => "1 - SSIM",
            Self::MatchQuantiles => "scan matched to its reconstruction",
            Self::Place => "calibrated by place",
            Self::Smooth => "smoothed by 3 mm",
            Self::Median => "median of 5 voxels",
            Self::Erosion => "brain eroded by 3 voxels",
            Self::Border => "weights over 6 mm at the border",
            Self::Usual => "median, erosion",
            Self::PositiveUsual => "positive part, median, erosion",
            Self::MatchedPositiveUsual => "matched, positive part, median, erosion",
            Self::PlacePositiveUsual => "positive part, by place, median, erosion",
            Self::MatchedPlacePositiveUsual => "matched, positive part, by place, median, erosion",
        }
    }

    /// How much of the paper's map it changes: 0 nothing, 1 one thing, 2 several.
    pub fn group(self) -> usize {
        match self {
            Self::Paper => 0,
            Self::Usual
            | Self::PositiveUsual
            | Self::MatchedPositiveUsual
            | Self::PlacePositiveUsual
            | Self::MatchedPlacePositiveUsual => 2,
            _ => 1,
        }
    }

    /// How its maps are normalized.
    pub fn scope(self) -> ScopeKind {
        match self {
            Self::Slice => ScopeKind::Slice,
            Self::Cohort => ScopeKind::Cohort,
            _ => ScopeKind::Volume,
        }
    }

    /// How its maps are made.
    pub fn scoring(self) -> Scoring {
        let positive = matches!(
            self,
            Self::Positive
                | Self::PositiveUsual
                | Self::MatchedPositiveUsual
                | Self::PlacePositiveUsual
                | Self::MatchedPlacePositiveUsual
        );
        let residual = match self {
            Self::Ssim => Residual::Ssim,
            _ if positive => Residual::Positive,
            _ => Residual::Absolute,
        };
        let outside = if self == Self::Outside { Outside::Kept } else { Outside::Masked };
        Scoring { residual, outside, post_processing: self.post_processing() }
    }

    fn post_processing(self) -> PostProcessing {
        let (none, usual) = (PostProcessing::NONE, PostProcessing::USUAL);
        let place = Some(PlaceSettings::default());
        match self {
            Self::MatchQuantiles => PostProcessing { match_quantiles: true, ..none },
            Self::Place => PostProcessing { place, ..none },
            Self::Smooth => PostProcessing { smooth_mm: 3.0, ..none },
            Self::Median => PostProcessing { median: usual.median, ..none },
            Self::Erosion => PostProcessing { erosion: usual.erosion, ..none },
            Self::Border => PostProcessing { border_mm: 6.0, ..none },
            Self::Usual | Self::PositiveUsual => usual,
            Self::MatchedPositiveUsual => PostProcessing { match_quantiles: true, ..usual },
            Self::PlacePositiveUsual => PostProcessing { place, ..usual },
            Self::MatchedPlacePositiveUsual => PostProcessing { match_quantiles: true, place, ..usual },
            _ => none,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variant_is_another_way_and_those_of_one_change_change_one_thing() {
        let way = |variant: &Variant| (variant.scoring(), variant.scope());
        let all = Variant::ALL;
        assert!(
            all.iter()
                .enumerate()
                .all(|(at, variant)| all[..at].iter().all(|other| way(variant) != way(other)))
        );
        assert!(all.is_sorted_by_key(|variant| variant.group()));
        let (paper, scope) = way(&Variant::Paper);
        for variant in all.into_iter().filter(|variant| variant.group() == 1) {
            let (ours, none) = (variant.scoring(), paper.post_processing);
            let steps = ours.post_processing;
            let changes = [
                ours.residual != paper.residual,
                ours.outside != paper.outside,
                variant.scope() != scope,
                steps.match_quantiles != none.match_quantiles,
                steps.place != none.place,
                steps.smooth_mm != none.smooth_mm,
                steps.median != none.median,
                steps.erosion != none.erosion,
                steps.border_mm != none.border_mm,
            ];
            assert_eq!(changes.into_iter().filter(|changed| *changed).count(), 1, "{variant:?}");
        }
    }
}
