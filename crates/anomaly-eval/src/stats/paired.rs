//! Paired tests between methods: Wilcoxon's signed-rank test, with Holm's correction for many tests.

use super::normal;

/// Result of a two-sided Wilcoxon signed-rank test.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SignedRank {
    /// The smaller of the rank sums of positive and negative differences.
    pub statistic: f64,
    /// Two-sided p value.
    pub p: f64,
    /// Number of differences that are not zero.
    pub n: usize,
    /// Rank-biserial correlation (R+ - R-) / (R+ + R-), an effect size between -1 and 1; positive where the first method
    /// has the larger values (Kerby 2014).
    pub effect: f64,
}

/// Largest number of pairs for which the exact distribution is used, as in `SciPy`.
const EXACT_MAX: usize = 50;

/// Two-sided Wilcoxon signed-rank test of paired `differences`. Zero differences are dropped (Wilcoxon's rule). For at
/// most 50 differences, none zero and no two of the same size, the p value is exact; else it is from the normal
/// approximation with the correction for ties and none for continuity. `scipy.stats.wilcoxon` does the same, but for
/// a permutation test where 13 or fewer differences hold ties or zeros. `None` if no difference is left.
pub fn signed_rank(differences: &[f64]) -> Option<SignedRank> {
    let mut kept: Vec<f64> = differences.iter().copied().filter(|d| *d != 0.0).collect();
    let n = kept.len();
    if n == 0 {
        return None;
    }
    kept.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    let (mut plus, mut ties, mut rank) = (0.0, 0.0, 0.0);
    for group in kept.chunk_by(|a, b| a.abs() == b.abs()) {
        let size = group.len() as f64;
        let mean_rank = rank + f64::midpoint(1.0, size);
        plus += mean_rank * group.iter().filter(|d| d.is_sign_positive()).count() as f64;
        ties += size.powi(3) - size;
        rank += size;
    }
    let all = rank * (rank + 1.0) / 2.0;
    let statistic = f64::min(plus, all - plus);
    let p = if differences.len() <= EXACT_MAX && n == differences.len() && ties == 0.0 {
        exact_p(statistic as usize, n)
    } else {
        let variance = rank * (rank + 1.0) * (2.0 * rank + 1.0) / 24.0 - ties / 48.0;
        2.0 * normal::cdf((statistic - all / 2.0) / variance.sqrt())
    };
    Some(SignedRank { statistic, p: p.min(1.0), n, effect: (2.0 * plus - all) / all })
}

/// Twice the probability of a rank sum of at most `statistic` when each sign is a fair coin.
fn exact_p(statistic: usize, n: usize) -> f64 {
    // Number of subsets of the ranks 1 ..= n for each sum, as a share of 2^n.
    let mut share = vec![0.0; n * (n + 1) / 2 + 1];
    share[0] = 1.0;
    for rank in 1..=n {
        for sum in (0..share.len()).rev() {
            let with = if sum >= rank { share[sum - rank] } else { 0.0 };
            share[sum] = 0.5 * (share[sum] + with);
        }
    }
    2.0 * share[..=statistic].iter().sum::<f64>()
}

/// p values corrected for multiple testing by Holm's step-down method (Scandinavian Journal of Statistics 6, 1979), in the
/// order given.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let mut corrected = vec![0.0; p.len()];
    let mut floor = 0.0_f64;
    for (rank, index) in order.into_iter().enumerate() {
        floor = floor.max(p[index] * (p.len() - rank) as f64).min(1.0);
        corrected[index] = floor;
    }
    corrected
}
