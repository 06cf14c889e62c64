#![doc = include_str!("../README.md")]
// Array views are passed by value, as slices are.
#![allow(clippy::needless_pass_by_value)]

mod bands;
mod bootstrap;
mod calibration;
mod codec;
mod components;
mod copying;
mod counts;
mod curves;
mod detection;
mod error;
mod evaluation;
mod figures;
mod healthy;
mod histogram;
mod lesion_summary;
mod lesions;
mod median;
mod normal;
mod normalize;
mod paired;
mod paper;
mod postprocess;
mod protocols;
mod residual;
mod scoring;
mod seeds;
mod sensitivity;
mod ssim;
mod subject;
mod summary;
mod table;
mod tables;
mod union;
mod variant;

pub use bands::{Band, CurveBands, SubjectCurves};
pub use bootstrap::{BootstrapSettings, Estimate, FEWEST_SUBJECTS, percentile};
pub use calibration::{Calibration, CalibrationPoint};
pub use components::{Voxel, components};
pub use copying::{Copying, CopyingSummary, brightest_structure};
pub use counts::{ConfusionCounts, Rates};
pub use curves::{BestDice, Bounded, CurvePoint, Ranking};
pub use detection::{SubjectAuroc, SubjectDetection, SubjectScore, auroc};
pub use error::{Error, Result};
pub use evaluation::{Decision, Evaluation, METRICS_SCHEMA};
pub use figures::{
    DotPanel, Figure, Figure1, Figure1Column, Figure1Subject, calibration_figure, curves_figure, dots_figure,
    largest_lesion_slice, subjects_figure,
};
pub use healthy::{HealthyFpr, HealthyScan};
pub use histogram::{Binning, ScoreHistogram, VoxelSet};
pub use lesion_summary::{FROC_RATES, FrocPoint, LesionDetection, LesionSummary, SizeClass};
pub use lesions::{Lesion, LesionSettings, Lesions, ladder};
pub use normalize::{Range, Scope, ScopeKind, normalize};
pub use paired::{SignedRank, holm, signed_rank};
pub use paper::{PaperRates, paper_rates};
pub use postprocess::PostProcessing;
pub use protocols::{OperatingPoint, Protocol, ProtocolSettings};
pub use residual::{HealthyMean, Residual, anomaly_map};
pub use scoring::{Outside, PlaceCalibration, PlaceSettings, PlaceStatistics, Quantized, ScanPair, Scoring};
pub use seeds::{SeedSpread, seed_spread, seed_table};
pub use sensitivity::{Sensitivity, VariantMetrics};
pub use ssim::ssim_map;
pub use subject::{Metrics, PointMetrics, SetRanking, SubjectMetrics, write_subjects_csv};
pub use summary::{
    Comparison, Curve, Measure, MethodResults, MethodSummary, PointSummary, RankingSummary, compare,
};
pub use table::Table;
pub use variant::Variant;
