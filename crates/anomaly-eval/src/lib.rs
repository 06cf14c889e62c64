#![doc = include_str!("../README.md")]
// Array views are passed by value, as slices are.
#![allow(clippy::needless_pass_by_value)]

mod bootstrap;
mod counts;
mod curves;
mod error;
mod histogram;
mod normal;
mod normalize;
mod paired;
mod protocols;
mod residual;
mod ssim;
mod subject;
mod summary;

pub use bootstrap::{BootstrapSettings, Estimate};
pub use counts::{ConfusionCounts, Rates};
pub use curves::{BestDice, Bounded, CurvePoint, Ranking};
pub use error::{Error, Result};
pub use histogram::{Binning, ScoreHistogram, VoxelSet};
pub use normalize::{Range, Scope, normalize};
pub use paired::{SignedRank, holm, signed_rank};
pub use protocols::{OperatingPoint, Protocol, ProtocolSettings};
pub use residual::{HealthyMean, Residual, anomaly_map};
pub use ssim::ssim_map;
pub use subject::{Metrics, PointMetrics, SetRanking, SubjectMetrics, write_subjects_csv};
pub use summary::{
    Comparison, Curve, Measure, MethodResults, MethodSummary, PointSummary, RankingSummary, compare,
};
