//! Arguments of `memae study`.

use std::path::PathBuf;

use clap::Args;
use memae_model::{MemoryPreset, ModelKind, Query};

use super::names::{parse_addressing, parse_query};

/// Arguments of `memae study memory`.
#[derive(Debug, Args)]
pub(crate) struct StudyMemory {
    /// Folder for the study. [default: that of the configured run, with `-memory` after its name]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// What one query is: flat, position, or rows and columns of blocks of the feature map, such as 1x3. [default: flat,
    /// position, and two grids between them]
    #[arg(long, value_delimiter = ',', value_parser = parse_query, value_name = "QUERY")]
    pub(crate) queries: Vec<Query>,
    /// Numbers of items.
    #[arg(long, value_delimiter = ',', default_values_t = [5, 10, 25, 100, 500], value_name = "N")]
    pub(crate) items: Vec<usize>,
    /// How items are addressed: paper, official, sharp.
    #[arg(long, value_delimiter = ',', default_value = "paper,official,sharp", value_parser = parse_addressing, value_name = "PRESET")]
    pub(crate) addressing: Vec<MemoryPreset>,
    /// Models with a memory.
    #[arg(long = "model", value_delimiter = ',', default_values_t = [ModelKind::MemAe, ModelKind::SsimMemAe], value_name = "MODEL")]
    pub(crate) models: Vec<ModelKind>,
    /// Training seeds.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 2, 3], value_name = "SEED")]
    pub(crate) seeds: Vec<u64>,
    /// All combinations instead of one change at a time.
    #[arg(long)]
    pub(crate) full: bool,
}
