//! Table 1 of the paper: TPR and TNR of the five models at two thresholds (Cam-CAN to BraTS 2019, T2w).

/// The model that the paper proposes.
pub(crate) const PROPOSED: &str = "ssim-memae";

/// Published rates of one model at one threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PaperRates {
    /// Sensitivity.
    pub tpr: f64,
    /// Specificity (over all voxels of the grid).
    pub tnr: f64,
}

/// What the paper reports for a model (`ae`, `vae`, `ssim-ae`, `memae` or `ssim-memae`) at threshold 1 or 2.
pub fn paper_rates(method: &str, level: u8) -> Option<PaperRates> {
    let [first, second] = match method {
        "ae" => [(0.583, 0.953), (0.271, 0.982)],
        "vae" => [(0.692, 0.947), (0.417, 0.978)],
        "ssim-ae" => [(0.686, 0.950), (0.382, 0.981)],
        "memae" => [(0.683, 0.945), (0.408, 0.977)],
        PROPOSED => [(0.718, 0.941), (0.432, 0.973)],
        _ => return None,
    };
    let (tpr, tnr) = match level {
        1 => first,
        2 => second,
        _ => return None,
    };
    Some(PaperRates { tpr, tnr })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_papers_table_has_five_models_at_two_thresholds() {
        for level in [1, 2] {
            let best = paper_rates(PROPOSED, level).unwrap();
            for model in ["ae", "vae", "ssim-ae", "memae"] {
                // Its finding: SSIM-MemAE detects the most, at the lowest specificity.
                let rates = paper_rates(model, level).unwrap();
                assert!(rates.tpr < best.tpr && rates.tnr > best.tnr, "{model}");
            }
        }
        assert!(paper_rates("ae", 0).is_none() && paper_rates("ae", 3).is_none());
        assert!(paper_rates("intensity", 1).is_none());
    }
}
