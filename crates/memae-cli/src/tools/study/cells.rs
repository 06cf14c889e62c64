//! The settings of the memory that a study compares.

use anyhow::Result;
use memae_model::{MemoryPreset, ModelKind, Query};

use super::arguments::StudyMemory;
use super::names::{addressing_name, query_name};
use crate::config::Config;

/// Pixels of a slice for one position of the feature map, along each axis.
const POSITION: usize = 16;

/// One setting of the memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cell {
    pub(super) query: Query,
    pub(super) items: usize,
    pub(super) addressing: MemoryPreset,
}

impl Cell {
    /// The settings that the command line asks for: those of the configuration with one of the three changed at a time, or with
    /// `--full` all combinations.
    pub(super) fn chosen(config: &Config, arguments: &StudyMemory) -> Result<Vec<Self>> {
        let memory = config.model.memory;
        let centre = Self { query: memory.query, items: memory.items, addressing: memory.preset };
        let map = [0, 1].map(|axis| config.reference.shape[axis] / POSITION);
        let queries = if arguments.queries.is_empty() { between(map) } else { arguments.queries.clone() };
        for query in &queries {
            query.grid(map)?;
        }
        let mut cells = Vec::new();
        if arguments.full {
            for &query in &queries {
                for &items in &arguments.items {
                    for &addressing in &arguments.addressing {
                        cells.push(Self { query, items, addressing });
                    }
                }
            }
        } else {
            cells.push(centre);
            cells.extend(queries.iter().map(|&query| Self { query, ..centre }));
            cells.extend(arguments.items.iter().map(|&items| Self { items, ..centre }));
            cells.extend(arguments.addressing.iter().map(|&addressing| Self { addressing, ..centre }));
        }
        let mut unique: Vec<Self> = Vec::new();
        for cell in cells {
            if !unique.contains(&cell) {
                unique.push(cell);
            }
        }
        Ok(unique)
    }

    /// The run of this setting with a training seed, on the cohort of the run `shared`.
    pub(super) fn config(self, shared: &Config, seed: u64, models: &[ModelKind]) -> Config {
        let mut config = shared.clone();
        config.run.output = shared.run.output.join("runs");
        config.run.name = format!(
            "{}-{}-{}-seed{seed}",
            query_name(self.query),
            self.items,
            addressing_name(self.addressing)
        );
        config.run.models = models.to_vec();
        config.model.memory.query = self.query;
        config.model.memory.items = self.items;
        config.model.memory.preset = self.addressing;
        config.train.seed = seed;
        config.reconstruct.keep_maps = false;
        config.evaluate.sensitivity = false;
        config
    }
}

/// `flat`, `position`, and two grids whose numbers of blocks divide the way between the two evenly on a logarithmic scale, as
/// nearly as the divisors of the map allow, with blocks as nearly square.
fn between(map: [usize; 2]) -> Vec<Query> {
    let divisors = |n: usize| (1..=n).filter(move |&divisor| n.is_multiple_of(divisor));
    let grids: Vec<[usize; 2]> =
        divisors(map[0]).flat_map(|rows| divisors(map[1]).map(move |columns| [rows, columns])).collect();
    let log = |[rows, columns]: [usize; 2]| ((rows * columns) as f64).ln();
    let aspect = |[rows, columns]: [usize; 2]| (rows as f64 / columns as f64).ln();
    let nearest = |share: f64| {
        let distance = |grid: [usize; 2]| {
            (log(grid) - share * log(map)).abs() + 0.5 * (aspect(grid) - aspect(map)).abs()
        };
        grids.iter().copied().min_by(|a, b| distance(*a).total_cmp(&distance(*b)))
    };
    let grids = [1.0 / 3.0, 2.0 / 3.0].into_iter().filter_map(nearest);
    let grids = grids.filter(|grid| *grid != [1, 1] && *grid != map).map(Query::Grid);
    std::iter::once(Query::Flat).chain(grids).chain([Query::Position]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grids_lie_between_one_query_and_all() {
        let grids = |map| between(map)[1..].to_vec();
        assert_eq!(grids([5, 6]), [Query::Grid([1, 3]), Query::Grid([5, 2]), Query::Position]);
        assert_eq!(grids([15, 15]), [Query::Grid([3, 3]), Query::Grid([5, 5]), Query::Position]);
        assert_eq!(grids([1, 1]), [Query::Position]);
    }
}
