//! Lesions as connected components: which are found, and what is found where there is none.

mod components;
mod forest;
mod lesion_summary;
mod lesions;
mod opening;
mod union;

pub use self::components::{ComponentFacts, Voxel, components, components_from};
pub use self::lesion_summary::{FROC_RATES, FrocPoint, LesionDetection, LesionSummary, SizeClass};
pub use self::lesions::{Lesion, LesionSettings, Lesions, ladder};
pub use self::opening::area_opening;
