//! The memory module of `MemAE` (Gong et al. 2019): a query is replaced by a weighted sum of a few learned items.

use std::fmt;

use tch::{Kind, Tensor};

use crate::Result;
use crate::parameters::Builder;
use crate::settings::{MemorySettings, Similarity};

/// Keeps divisions and logarithms of zero finite, as in the official code.
const EPSILON: f64 = 1e-12;

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

    /// Weights (queries, N) from likenesses (queries, N).
    fn weights(&self, likeness: &Tensor) -> Result<Tensor> {
        let weights = likeness.f_div_scalar(self.temperature)?.f_softmax(1, Kind::Float)?;
        if self.threshold == 0.0 {
            return Ok(weights);
        }
        let above = weights.f_sub_scalar(self.threshold)?;
        let distance = above.f_abs()?.f_add_scalar(EPSILON)?;
        let shrunk = above.f_relu()?.f_mul(&weights)?.f_div(&distance)?;
        Ok(shrunk
            .f_div(&shrunk.f_sum_dim_intlist([1i64].as_slice(), true, Kind::Float)?.f_clamp_min(EPSILON)?)?)
    }
}

fn x_log_x(x: f64) -> f64 {
    if x > 0.0 { x * x.ln() } else { 0.0 }
}

/// The items and how they are addressed.
pub(crate) struct Memory {
    items: Tensor,
    /// Rows and columns of blocks of the feature map; each is a query.
    grid: [i64; 2],
    addressing: Addressing,
}

impl Memory {
    /// A memory for feature maps of `channels` x `map`.
    pub(crate) fn new(
        builder: &mut Builder,
        settings: &MemorySettings,
        channels: i64,
        map: [i64; 2],
    ) -> Result<Self> {
        let grid = settings.query.grid(map.map(|side| side as usize))?.map(|side| side as i64);
        let length = channels * (map[0] / grid[0]) * (map[1] / grid[1]);
        let bound = 1.0 / (length as f64).sqrt();
        Ok(Self {
            items: builder.uniform("memory.items".to_owned(), &[settings.items as i64, length], bound)?,
            grid,
            addressing: settings.addressing(),
        })
    }

    /// Replaces the feature map (batch, C, h, w) by what the memory holds; also returns the weights (queries, N), those of the
    /// blocks of a sample row by row.
    pub(crate) fn forward(&self, x: &Tensor) -> Result<(Tensor, Tensor)> {
        // No size of the batch: a traced network must take any.
        let (_, channels, rows, columns) = x.size4()?;
        let [across, along] = self.grid;
        let [height, width] = [rows / across, columns / along];
        let query = x
            .f_reshape([-1, channels, across, height, along, width])?
            .f_permute([0, 2, 4, 1, 3, 5])?
            .f_reshape([-1, channels * height * width])?;
        let likeness = match self.addressing.similarity {
            Similarity::Cosine => unit(&query)?.f_linear(&unit(&self.items)?, None::<Tensor>)?,
            Similarity::Dot => query.f_linear(&self.items, None::<Tensor>)?,
        };
        let weights = self.addressing.weights(&likeness)?;
        let read = weights.f_matmul(&self.items)?;
        let read = read
            .f_view([-1, across, along, channels, height, width])?
            .f_permute([0, 3, 1, 4, 2, 5])?
            .f_reshape([-1, channels, rows, columns])?;
        Ok((read, weights))
    }
}

/// Rows scaled to length 1.
fn unit(x: &Tensor) -> Result<Tensor> {
    let norm = x.f_norm_scalaropt_dim(2.0, [1i64].as_slice(), true)?;
    Ok(x.f_div(&norm.f_clamp_min(EPSILON)?)?)
}

/// Entropy of the weights of each query in nats, (queries).
pub(crate) fn entropy(weights: &Tensor) -> Result<Tensor> {
    let log = weights.f_add_scalar(EPSILON)?.f_log()?;
    Ok(weights.f_mul(&log)?.f_sum_dim_intlist([1i64].as_slice(), false, Kind::Float)?.f_neg()?)
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;
    use crate::settings::{MemoryPreset, Query, Shrink};
    use crate::tensors;

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

    #[test]
    fn hard_shrinkage_zeroes_small_weights_and_keeps_the_sum() {
        let addressing =
            Addressing { items: 3, similarity: Similarity::Dot, temperature: 1.0, threshold: 0.2 };
        let likeness = Tensor::from_slice(&[0.6f32.ln(), 0.3f32.ln(), 0.1f32.ln()]).view([1, 3]);
        let weights = tensors::to_vec(&addressing.weights(&likeness).unwrap()).unwrap();
        for (weight, expected) in weights.iter().zip([2.0 / 3.0, 1.0 / 3.0, 0.0]) {
            assert!((weight - expected).abs() < 1e-6, "{weights:?}");
        }
    }

    /// Features, items and what the memory makes of them by plain loops, for blocks of `grid`.
    fn by_loops(x: &[f32], items: &[f32], [n, c, h, w]: [usize; 4], grid: [usize; 2]) -> Vec<f32> {
        let [bh, bw] = [h / grid[0], w / grid[1]];
        let length = c * bh * bw;
        let mut y = vec![0.0; x.len()];
        let norm = |v: &[f32]| v.iter().map(|a| a * a).sum::<f32>().sqrt();
        for block in 0..n * grid[0] * grid[1] {
            let (sample, row, column) =
                (block / (grid[0] * grid[1]), block / grid[1] % grid[0], block % grid[1]);
            // Place in the map of the block's value `at`.
            let place = |at: usize| {
                let (channel, i, j) = (at / (bh * bw), at / bw % bh, at % bw);
                ((sample * c + channel) * h + row * bh + i) * w + column * bw + j
            };
            let query: Vec<f32> = (0..length).map(|at| x[place(at)]).collect();
            let powers: Vec<f32> = items
                .chunks(length)
                .map(|item| {
                    let dot: f32 = item.iter().zip(&query).map(|(a, b)| a * b).sum();
                    (dot / (norm(item) * norm(&query))).exp()
                })
                .collect();
            let sum: f32 = powers.iter().sum();
            for at in 0..length {
                let read: f32 = items.chunks(length).zip(&powers).map(|(item, power)| item[at] * power).sum();
                y[place(at)] = read / sum;
            }
        }
        y
    }

    fn forward(query: Query, x: &Tensor) -> (Vec<f32>, Vec<f32>, Tensor) {
        let (_, channels, rows, columns) = x.size4().unwrap();
        let settings = MemorySettings { query, ..Default::default() };
        let mut builder = Builder::new(3, Device::Cpu);
        let memory = Memory::new(&mut builder, &settings, channels, [rows, columns]).unwrap();
        let (read, weights) = memory.forward(x).unwrap();
        assert_eq!(read.size(), x.size());
        (tensors::to_vec(&read).unwrap(), tensors::to_vec(&memory.items).unwrap(), weights)
    }

    #[test]
    fn a_query_is_a_block_of_the_map() {
        tch::manual_seed(4);
        let shape = [2, 3, 4, 6];
        let x = Tensor::randn(shape.map(|n| n as i64), (Kind::Float, Device::Cpu));
        // As the encoder hands it over.
        let x = x.permute([0, 2, 3, 1]).contiguous().permute([0, 3, 1, 2]);
        let values = tensors::to_vec(&x).unwrap();
        for (query, grid) in [
            (Query::Flat, [1, 1]),
            (Query::Position, [4, 6]),
            (Query::Grid([2, 3]), [2, 3]),
            (Query::Grid([1, 2]), [1, 2]),
            (Query::Grid([4, 1]), [4, 1]),
        ] {
            let (read, items, weights) = forward(query, &x);
            assert_eq!(weights.size(), [(2 * grid[0] * grid[1]) as i64, 10]);
            let expected = by_loops(&values, &items, shape, grid);
            let worst = read.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst < 1e-6, "{query:?}: {worst}");
        }
        assert_eq!(forward(Query::Flat, &x).0, forward(Query::Grid([1, 1]), &x).0);
        assert_eq!(forward(Query::Position, &x).0, forward(Query::Grid([4, 6]), &x).0);
    }

    #[test]
    fn a_grid_that_does_not_divide_the_map_is_refused_with_those_that_do() {
        let error = Query::Grid([1, 4]).grid([5, 6]).unwrap_err().to_string();
        assert!(
            error.contains("5 x 6") && error.contains("second") && error.contains("1, 2, 3, 6"),
            "{error}"
        );
        assert!(Query::Grid([0, 1]).grid([5, 6]).is_err());
    }
}
