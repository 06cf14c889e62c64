//! Which scans there are: in a BIDS data set, in a folder, in a list.

mod folder;
#[cfg(feature = "lists")]
mod list;

pub use folder::{BidsScan, bids_scans, nifti_files, nifti_stem};
#[cfg(feature = "lists")]
pub use list::{ListedScan, read_scan_list};
