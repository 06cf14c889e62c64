//! The tables of a report, each made of an [`Evaluation`](anomaly_eval::Evaluation).

mod cells;
mod comparisons;
mod decisions;
mod frame;
mod headline;
mod lesions;
mod measures;
mod rates;
mod seeds;
mod sensitivity;
mod table1;

pub use comparisons::comparisons;
pub use decisions::decisions;
pub use headline::{finding, headline};
pub use lesions::{froc, lesions};
pub use measures::{detection, ranking};
pub use rates::{copying, fixed_rates, subject_detection};
pub use seeds::seeds;
pub use sensitivity::sensitivity;
pub use table1::{table1, table1_tidy};
