//! How a query addresses the memory, and what an addressing can reach.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Likeness of a query and an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Similarity {
    /// Cosine of the angle, in [-1, 1].
    Cosine,
    /// Dot product, unbounded.
    Dot,
}

/// How weights are computed from a query and the items: softmax(likeness / temperature), then hard shrinkage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Addressing {
    /// Number of items N.
    pub items: usize,
    /// Likeness of query and item.
    pub similarity: Similarity,
    /// Softmax temperature.
    pub temperature: f64,
    /// Weights up to this value become zero, and the rest is scaled to the sum 1. Zero: no shrinkage.
    pub threshold: f64,
}

/// What an addressing can reach, whatever query and items are.
#[derive(Debug, Clone, PartialEq)]
pub struct AddressingRange {
    /// Smallest and largest weight that the softmax can give.
    pub softmax_weight: (f64, f64),
    /// Smallest and largest entropy of the final weights, in nats.
    pub entropy: (f64, f64),
}

impl fmt::Display for AddressingRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { softmax_weight: (low, high), entropy: (least, most) } = self;
        write!(f, "weights in [{low:.4}, {high:.4}] and entropy in [{least:.3}, {most:.3}] nats")
    }
}

impl Addressing {
    /// The reachable intervals of weights and entropy.
    ///
    /// Likenesses lie in [-1, 1] for the cosine. Entropy is concave in the weights, so its least value is at a corner:
    /// k items most alike and the others least alike.
    pub fn range(&self) -> AddressingRange {
        let n = self.items as f64;
        // The weight ratio of the most and the least alike item.
        let ratio = match self.similarity {
            Similarity::Cosine => (2.0 / self.temperature).exp(),
            Similarity::Dot => f64::INFINITY,
        };
        let corner_entropy = |k: f64| {
            let (high, low) = (1.0 / (k + (n - k) / ratio), 1.0 / (k * ratio + n - k));
            let (high, low) = (self.shrink(high), self.shrink(low));
            let sum = k * high + (n - k) * low;
            -k * x_log_x(high / sum) - (n - k) * x_log_x(low / sum)
        };
        let entropy = (1..=self.items).map(|k| corner_entropy(k as f64)).filter(|h| h.is_finite());
        AddressingRange {
            softmax_weight: (1.0 / (1.0 + (n - 1.0) * ratio).max(1.0), 1.0 / (1.0 + (n - 1.0) / ratio)),
            entropy: (entropy.fold(f64::INFINITY, f64::min), n.ln()),
        }
    }

    /// Sentences about settings that cannot act, where `alpha` is the weight of the entropy term.
    pub fn warnings(&self, alpha: f64) -> Vec<String> {
        let AddressingRange { softmax_weight: (low, high), entropy } = self.range();
        if self.items == 1 {
            return vec!["a memory of one item reads the same for every query: an ablation".to_owned()];
        }
        let mut warnings = Vec::new();
        if self.threshold > 0.0 && self.threshold <= low {
            warnings.push(format!(
                "hard shrinkage at {} can never act: the softmax of {} items gives weights in [{low:.4}, {high:.4}]",
                self.threshold, self.items
            ));
        }
        let reach = alpha * (entropy.1 - entropy.0);
        if alpha > 0.0 && reach < 1e-4 {
            warnings.push(format!(
                "the entropy term can move the loss by at most {reach:.1e}: entropy lies in [{:.3}, {:.3}] nats and its \
                 weight is {alpha}",
                entropy.0, entropy.1
            ));
        }
        warnings
    }

    fn shrink(&self, weight: f64) -> f64 {
        if weight > self.threshold { weight } else { 0.0 }
    }
}

fn x_log_x(x: f64) -> f64 {
    if x > 0.0 { x * x.ln() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::super::memory::{MemoryPreset, MemorySettings, Shrink};

    #[test]
    fn the_paper_setting_reaches_a_known_interval() {
        // Lowest entropy: the query along two of the ten items, against the other eight.
        let range = MemorySettings::default().addressing().range();
        assert!((range.softmax_weight.0 - 0.0148).abs() < 5e-5, "{range:?}");
        assert!((range.softmax_weight.1 - 0.451).abs() < 5e-4);
        assert!((range.entropy.0 - 1.828).abs() < 5e-4);
        assert!((range.entropy.1 - 2.303).abs() < 5e-4);
        assert_eq!(range.to_string(), "weights in [0.0148, 0.4509] and entropy in [1.828, 2.303] nats");
    }

    #[test]
    fn settings_that_cannot_act_are_named() {
        let paper = MemorySettings::default();
        assert_eq!(paper.addressing().warnings(0.0002).len(), 1); // the entropy term
        let shrink = MemorySettings { shrink: Some(Shrink::Absolute(0.0025)), ..paper };
        let warnings = shrink.addressing().warnings(0.0);
        assert!(warnings.len() == 1 && warnings[0].contains("never act"), "{warnings:?}");
        for preset in [MemoryPreset::Official, MemoryPreset::Sharp] {
            assert!(MemorySettings { preset, ..paper }.addressing().warnings(0.0002).is_empty());
        }
        let one = MemorySettings { items: 1, ..paper }.addressing().warnings(0.0002);
        assert!(one.len() == 1 && one[0].contains("one item"), "{one:?}");
    }

    #[test]
    fn official_range_is_open() {
        let range =
            MemorySettings { preset: MemoryPreset::Official, ..Default::default() }.addressing().range();
        assert_eq!(range.softmax_weight, (0.0, 1.0));
        assert_eq!(range.entropy.0, 0.0);
    }
}
