//! Settings of the memory module.

use serde::{Deserialize, Serialize};

use super::addressing::{Addressing, Similarity};
use super::{MOST_ITEMS, at_least_one, at_most, within};
use crate::{Error, Result};

/// Ready-made forms of addressing the memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemoryPreset {
    /// The paper's formula: softmax of the cosine, temperature 1, no shrinkage.
    #[default]
    Paper,
    /// The official `MemAE` code: dot product, hard shrinkage at 0.0025.
    Official,
    /// Ours: cosine, temperature 0.1, hard shrinkage at half of 1 / items.
    Sharp,
}

/// What one query to the memory is.
///
/// # Example
/// ```
/// use memae_model::Query;
/// // The feature map of a slice of 80 x 96 pixels.
/// assert_eq!(Query::Flat.grid([5, 6]).unwrap(), [1, 1]);
/// assert_eq!(Query::Grid([1, 3]).grid([5, 6]).unwrap(), [1, 3]);
/// assert!(Query::Grid([2, 3]).grid([5, 6]).is_err()); // 2 does not divide 5
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Query {
    /// The whole feature map, flattened: one query, and one addressing, for each slice.
    #[default]
    Flat,
    /// The feature vector at one position of the map.
    Position,
    /// One block of the map, flattened, of a grid of so many rows and columns of blocks. All blocks share the items. `[1, 1]`
    /// is [`Query::Flat`], the sides of the map are [`Query::Position`].
    Grid([usize; 2]),
}

impl Query {
    /// Rows and columns of blocks into which a feature map of the sides `map` is cut.
    ///
    /// # Errors
    /// [`Error::Invalid`] where they do not divide its sides; names those that do.
    pub fn grid(self, map: [usize; 2]) -> Result<[usize; 2]> {
        let grid = match self {
            Self::Flat => [1, 1],
            Self::Position => map,
            Self::Grid(grid) => grid,
        };
        let Some(axis) = (0..2).find(|&axis| grid[axis] == 0 || !map[axis].is_multiple_of(grid[axis])) else {
            return Ok(grid);
        };
        let divisors: Vec<String> =
            (1..=map[axis]).filter(|n| map[axis].is_multiple_of(*n)).map(|n| n.to_string()).collect();
        Err(Error::invalid(format!(
            "memory.query = {{ grid = [{}, {}] }} does not divide the feature map of {} x {} positions: the {} number can be {}",
            grid[0],
            grid[1],
            map[0],
            map[1],
            ["first", "second"][axis],
            divisors.join(", ")
        )))
    }
}

/// Threshold of the hard shrinkage of addressing weights.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shrink {
    /// No shrinkage.
    None,
    /// Weights up to this value become zero.
    Absolute(f64),
    /// Weights up to this multiple of 1 / items become zero.
    Relative(f64),
}

/// Settings of the memory module: a preset, and single values that override it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MemorySettings {
    /// Whether there is a memory at all. Without it, an ablation, the decoder gets the encoder's whole feature map.
    pub enabled: bool,
    /// Where values that are not given come from.
    pub preset: MemoryPreset,
    /// Number of items N (the paper: 10); at most 1,000,000.
    pub items: usize,
    /// What one query is.
    pub query: Query,
    /// Overrides the preset's likeness.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub similarity: Option<Similarity>,
    /// Overrides the preset's softmax temperature; above 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Overrides the preset's hard shrinkage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shrink: Option<Shrink>,
}

impl Default for MemorySettings {
    fn default() -> Self {
        Self {
            enabled: true,
            preset: MemoryPreset::Paper,
            items: 10,
            query: Query::Flat,
            similarity: None,
            temperature: None,
            shrink: None,
        }
    }
}

impl MemorySettings {
    /// The addressing that preset and overrides give together.
    pub fn addressing(&self) -> Addressing {
        let (similarity, temperature, shrink) = match self.preset {
            MemoryPreset::Paper => (Similarity::Cosine, 1.0, Shrink::None),
            MemoryPreset::Official => (Similarity::Dot, 1.0, Shrink::Absolute(0.0025)),
            MemoryPreset::Sharp => (Similarity::Cosine, 0.1, Shrink::Relative(0.5)),
        };
        Addressing {
            items: self.items,
            similarity: self.similarity.unwrap_or(similarity),
            temperature: self.temperature.unwrap_or(temperature),
            threshold: match self.shrink.unwrap_or(shrink) {
                Shrink::None => 0.0,
                Shrink::Absolute(threshold) => threshold,
                Shrink::Relative(multiple) => multiple / self.items as f64,
            },
        }
    }

    /// Whether every field is in its range.
    ///
    /// # Errors
    /// [`Error::Invalid`] for the first field that is not.
    pub fn check(&self) -> Result<()> {
        at_least_one("memory.items", self.items)?;
        at_most("memory.items", self.items, MOST_ITEMS)?;
        let addressing = self.addressing();
        within("memory.temperature", addressing.temperature, 1e-3, 1e3)?;
        within("memory.shrink (as a share of the weights)", addressing.threshold, 0.0, 0.999)?;
        let (_, largest) = addressing.range().softmax_weight;
        if addressing.threshold >= largest {
            return Err(Error::invalid(format!(
                "memory.shrink = {} would zero every addressing weight: none can exceed {largest:.4} with these settings",
                addressing.threshold
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
