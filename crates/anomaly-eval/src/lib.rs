#![doc = include_str!("../README.md")]
// Array views are passed by value, as slices are.
#![allow(clippy::needless_pass_by_value)]

mod count;
mod error;
mod lesion;
mod protocols;
mod results;
mod score;
mod stats;

pub use count::{
    Band, BestDice, Binning, Bounded, ConfusionCounts, CurveBands, CurvePoint, Ranking, RateFormula, Rates,
    ScoreHistogram, SubjectCurves, VoxelSet,
};
pub use error::{Error, Result, check_shape};
pub use lesion::{
    ComponentFacts, FROC_RATES, FrocPoint, Lesion, LesionDetection, LesionSettings, LesionSummary, Lesions,
    SizeClass, Voxel, area_opening, components, components_from, ladder,
};
pub use protocols::{OperatingPoint, Protocol, ProtocolSettings};
#[cfg(feature = "csv")]
pub use results::write_subjects_csv;
pub use results::{
    Calibration, CalibrationPoint, Comparison, Copying, CopyingSummary, Curve, Decision, Evaluation,
    HealthyFpr, HealthyScan, METRICS_SCHEMA, Measure, MethodResults, MethodSummary, Metrics, PointMetrics,
    PointSummary, RankingSummary, SeedSpread, Sensitivity, SetRanking, SubjectAuroc, SubjectDetection,
    SubjectMetrics, SubjectScore, VariantMetrics, auroc, brightest_structure, compare, seed_spread,
};
pub use score::{
    HealthyCalibration, HealthyMean, Outside, PlaceCalibration, PlaceSettings, PlaceStatistics,
    PostProcessing, Quantized, Range, Residual, ScanPair, Scope, ScopeKind, Scoring, Variant, agreement,
    anomaly_map, brain_values, normalize, ssim_map,
};
pub use stats::{BootstrapSettings, Estimate, FEWEST_SUBJECTS, SignedRank, holm, percentile, signed_rank};
