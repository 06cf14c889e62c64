//! Gathers how a cohort's queries use the memory.

use tch::{Kind, Tensor};

use super::history::MemoryUsage;
use crate::network::memory;
use crate::{Result, tensors};

/// Sums over all queries seen so far.
#[derive(Default)]
pub(crate) struct UsageMeter {
    queries: f64,
    weights: Vec<f64>,
    most_weighted: Vec<f64>,
    entropy: f64,
    zeros: f64,
}

impl UsageMeter {
    /// Adds the weights (queries, N) of a batch.
    pub(crate) fn add(&mut self, weights: &Tensor) -> Result<()> {
        let (queries, items) = weights.size2()?;
        self.weights.resize(items as usize, 0.0);
        self.most_weighted.resize(items as usize, 0.0);
        self.queries += queries as f64;
        let counts =
            weights.f_argmax(1, false)?.f_bincount(None::<&Tensor>, items)?.f_to_kind(Kind::Float)?;
        add(&mut self.weights, &weights.f_sum_dim_intlist([0i64].as_slice(), false, Kind::Float)?)?;
        add(&mut self.most_weighted, &counts)?;
        let entropy = memory::entropy(weights)?.f_sum(Kind::Float)?;
        let zeros = weights.f_eq(0.0)?.f_sum(Kind::Float)?;
        let numbers = tensors::to_numbers(&[&entropy, &zeros])?;
        self.entropy += numbers[0];
        self.zeros += numbers[1];
        Ok(())
    }

    /// The figures, if anything was added.
    pub(crate) fn finish(self) -> Option<MemoryUsage> {
        if self.queries == 0.0 {
            return None;
        }
        let usage: Vec<f64> = self.weights.iter().map(|sum| sum / self.queries).collect();
        let entropy: f64 = usage.iter().filter(|share| **share > 0.0).map(|share| -share * share.ln()).sum();
        Some(MemoryUsage {
            perplexity: entropy.exp(),
            entropy: self.entropy / self.queries,
            zeroed: self.zeros / (self.queries * usage.len() as f64),
            dead: self.most_weighted.iter().filter(|count| **count == 0.0).count(),
            usage,
        })
    }
}

fn add(sums: &mut [f64], values: &Tensor) -> Result<()> {
    for (sum, value) in sums.iter_mut().zip(tensors::to_vec(values)?) {
        *sum += f64::from(value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_queries_on_two_of_three_items() {
        let mut meter = UsageMeter::default();
        meter.add(&Tensor::from_slice(&[1.0f32, 0.0, 0.0, 0.0, 1.0, 0.0]).view([2, 3])).unwrap();
        let usage = meter.finish().unwrap();
        assert_eq!(usage.usage, [0.5, 0.5, 0.0]);
        assert!((usage.perplexity - 2.0).abs() < 1e-12);
        assert!(usage.entropy.abs() < 1e-6);
        assert!((usage.zeroed - 4.0 / 6.0).abs() < 1e-12);
        assert_eq!(usage.dead, 1);
    }
}
