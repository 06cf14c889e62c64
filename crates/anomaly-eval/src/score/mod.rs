//! From a scan and its reconstruction to scores between 0 and 1.

mod agreement;
mod healthy;
mod median;
mod normalize;
mod postprocess;
mod residual;
mod scoring;
mod ssim;
mod variant;

pub use self::agreement::agreement;
pub use self::healthy::{HealthyCalibration, brain_values};
pub use self::normalize::{Range, Scope, ScopeKind, normalize};
pub use self::postprocess::PostProcessing;
pub(crate) use self::residual::check_voxels;
pub use self::residual::{HealthyMean, Residual, anomaly_map};
pub(crate) use self::scoring::distance_to;
pub use self::scoring::{
    Outside, PlaceCalibration, PlaceSettings, PlaceStatistics, Quantized, ScanPair, Scoring,
};
pub use self::ssim::ssim_map;
pub use self::variant::Variant;
