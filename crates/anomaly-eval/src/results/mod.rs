//! What is measured of each subject and method, and of a whole run.

mod calibration;
mod copying;
mod detection;
mod evaluation;
mod healthy;
#[cfg(feature = "csv")]
mod rows;
mod seeds;
mod sensitivity;
mod subject;
mod summary;

pub use self::calibration::{Calibration, CalibrationPoint};
pub use self::copying::{Copying, CopyingSummary, brightest_structure};
pub use self::detection::{SubjectAuroc, SubjectDetection, SubjectScore, auroc};
pub use self::evaluation::{Decision, Evaluation, METRICS_SCHEMA};
pub use self::healthy::{HealthyFpr, HealthyScan};
#[cfg(feature = "csv")]
pub use self::rows::write_subjects_csv;
pub use self::seeds::{SeedSpread, seed_spread};
pub use self::sensitivity::{Sensitivity, VariantMetrics};
pub use self::subject::{Metrics, PointMetrics, SetRanking, SubjectMetrics};
pub use self::summary::{
    Comparison, Curve, Measure, MethodResults, MethodSummary, PointSummary, RankingSummary, compare,
};
