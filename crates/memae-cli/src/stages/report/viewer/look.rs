//! What the page's scripts share with the rest of the report: bits of labels, colours, and how rates are counted.

use anomaly_eval::RateFormula;
use memae_report::OUTCOMES;
use serde::Serialize;

use crate::viewer::Look;

/// Bits of the labels' voxels.
pub(super) const LESION: u8 = 1;
pub(super) const BRAIN: u8 = 2;

#[derive(Serialize)]
pub(super) struct ReportLook {
    #[serde(flatten)]
    look: Look,
    lesion: u8,
    brain: u8,
    /// Colours of TP, FP and FN.
    outcomes: [&'static str; 3],
    rates: [RateFormula; RateFormula::ALL.len()],
}

impl ReportLook {
    pub(super) const OF_THE_PAGE: Self = Self {
        look: Look::OF_ALL_PICTURES,
        lesion: LESION,
        brain: BRAIN,
        outcomes: OUTCOMES,
        rates: RateFormula::ALL,
    };
}
