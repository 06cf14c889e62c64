#![doc = include_str!("../README.md")]
// Array views are passed by value, as slices are.
#![allow(clippy::needless_pass_by_value)]

mod bootstrap;
mod codec;
mod counts;
mod curves;
mod error;
mod evaluation;
mod figures;
mod histogram;
mod normal;
mod normalize;
mod paired;
mod paper;
mod postprocess;
mod protocols;
mod residual;
mod ssim;
mod subject;
mod summary;
mod table;
mod tables;

pub use bootstrap::{BootstrapSettings, Estimate};
pub use counts::{ConfusionCounts, Rates};
pub use curves::{BestDice, Bounded, CurvePoint, Ranking};
pub use error::{Error, Result};
pub use evaluation::{Decision, Evaluation};
pub use figures::{Figure, Figure1, Figure1Column, Figure1Subject, curves_figure, largest_lesion_slice};
pub use histogram::{Binning, ScoreHistogram, VoxelSet};
pub use normalize::{Range, Scope, normalize};
pub use paired::{SignedRank, holm, signed_rank};
pub use paper::{PaperRates, paper_rates};
pub use postprocess::PostProcessing;
pub use protocols::{OperatingPoint, Protocol, ProtocolSettings};
pub use residual::{HealthyMean, Residual, anomaly_map};
pub use ssim::ssim_map;
pub use subject::{Metrics, PointMetrics, SetRanking, SubjectMetrics, write_subjects_csv};
pub use summary::{
    Comparison, Curve, Measure, MethodResults, MethodSummary, PointSummary, RankingSummary, compare,
};
pub use table::Table;
