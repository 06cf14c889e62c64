//! The memory module of `MemAE` (Gong et al. 2019): a query is replaced by a weighted sum of a few learned items.

use tch::{Kind, Tensor};

use super::parameters::Builder;
use crate::Result;
use crate::onnx::{Attribute, Graph, Value};
use crate::settings::{Addressing, MemorySettings, Similarity};

/// Keeps divisions and logarithms of zero finite, as in the official code.
const EPSILON: f64 = 1e-12;

/// The items and how they are addressed.
pub(crate) struct Memory {
    items: Tensor,
    /// Channels, rows and columns of the feature map.
    shape: [i64; 3],
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
            shape: [channels, map[0], map[1]],
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
        let weights = weights(&self.addressing, &likeness)?;
        let read = weights.f_matmul(&self.items)?;
        let read = read
            .f_view([-1, across, along, channels, height, width])?
            .f_permute([0, 3, 1, 4, 2, 5])?
            .f_reshape([-1, channels, rows, columns])?;
        Ok((read, weights))
    }

    /// As [`Self::forward`], in operators of ONNX.
    pub(super) fn onnx(&self, graph: &mut Graph, x: &Value) -> Result<Value> {
        let ([channels, rows, columns], [across, along]) = (self.shape, self.grid);
        let [height, width] = [rows / across, columns / along];
        let blocks = graph.reshape(x, &[-1, channels, across, height, along, width]);
        let blocks =
            graph.node("Transpose", &[&blocks], &[("perm", Attribute::Integers(&[0, 2, 4, 1, 3, 5]))]);
        let mut query = graph.reshape(&blocks, &[-1, channels * height * width]);
        let items = graph.constant("items", &self.items)?;
        let mut keys = items.clone();
        let least = graph.number("epsilon", EPSILON);
        if self.addressing.similarity == Similarity::Cosine {
            let lengths = [("axes", Attribute::Integers(&[1])), ("keepdims", Attribute::Integer(1))];
            let length = graph.node("ReduceL2", &[&query], &lengths);
            let length = graph.node("Max", &[&length, &least], &[]);
            query = graph.node("Div", &[&query, &length], &[]);
            keys = graph.constant("unit_items", &unit(&self.items)?)?;
        }
        let likeness = graph.node("Gemm", &[&query, &keys], &[("transB", Attribute::Integer(1))]);
        let temperature = graph.number("temperature", self.addressing.temperature);
        let likeness = graph.node("Div", &[&likeness, &temperature], &[]);
        let mut weights = graph.node("Softmax", &[&likeness], &[("axis", Attribute::Integer(1))]);
        if self.addressing.threshold != 0.0 {
            weights = self.shrunk_onnx(graph, &weights, &least);
        }
        let read = graph.node("MatMul", &[&weights, &items], &[]);
        let read = graph.reshape(&read, &[-1, across, along, channels, height, width]);
        let read = graph.node("Transpose", &[&read], &[("perm", Attribute::Integers(&[0, 3, 1, 4, 2, 5]))]);
        Ok(graph.reshape(&read, &[-1, channels, rows, columns]))
    }

    fn shrunk_onnx(&self, graph: &mut Graph, weights: &Value, least: &Value) -> Value {
        let threshold = graph.number("threshold", self.addressing.threshold);
        let above = graph.node("Sub", &[weights, &threshold], &[]);
        let distance = graph.node("Abs", &[&above], &[]);
        let distance = graph.node("Add", &[&distance, least], &[]);
        let shrunk = graph.node("Relu", &[&above], &[]);
        let shrunk = graph.node("Mul", &[&shrunk, weights], &[]);
        let shrunk = graph.node("Div", &[&shrunk, &distance], &[]);
        let axis = graph.integers("axis", &[1]);
        let sum = graph.node("ReduceSum", &[&shrunk, &axis], &[("keepdims", Attribute::Integer(1))]);
        let sum = graph.node("Max", &[&sum, least], &[]);
        graph.node("Div", &[&shrunk, &sum], &[])
    }
}

/// Weights (queries, N) from likenesses (queries, N).
fn weights(addressing: &Addressing, likeness: &Tensor) -> Result<Tensor> {
    let weights = likeness.f_div_scalar(addressing.temperature)?.f_softmax(1, Kind::Float)?;
    if addressing.threshold == 0.0 {
        return Ok(weights);
    }
    let above = weights.f_sub_scalar(addressing.threshold)?;
    let distance = above.f_abs()?.f_add_scalar(EPSILON)?;
    let shrunk = above.f_relu()?.f_mul(&weights)?.f_div(&distance)?;
    Ok(shrunk
        .f_div(&shrunk.f_sum_dim_intlist([1i64].as_slice(), true, Kind::Float)?.f_clamp_min(EPSILON)?)?)
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
    use crate::settings::Query;
    use crate::tensors;

    #[test]
    fn hard_shrinkage_zeroes_small_weights_and_keeps_the_sum() {
        let addressing =
            Addressing { items: 3, similarity: Similarity::Dot, temperature: 1.0, threshold: 0.2 };
        let likeness = Tensor::from_slice(&[0.6f32.ln(), 0.3f32.ln(), 0.1f32.ln()]).view([1, 3]);
        let weights = tensors::to_vec(&weights(&addressing, &likeness).unwrap()).unwrap();
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
}
