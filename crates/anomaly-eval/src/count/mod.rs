//! Exact counts of voxels at any threshold, and what follows from them: rates, areas, curves and their bands.

mod bands;
mod codec;
mod counts;
mod curves;
mod histogram;

pub use self::bands::{Band, CurveBands, SubjectCurves};
pub use self::counts::{ConfusionCounts, RateFormula, Rates};
pub use self::curves::{BestDice, Bounded, CurvePoint, Ranking};
pub use self::histogram::{Binning, ScoreHistogram, VoxelSet};
