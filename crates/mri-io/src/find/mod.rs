//! Which scans there are: in a BIDS data set, in a folder, in a list.

mod absent;
mod folder;
#[cfg(feature = "lists")]
mod list;

pub use absent::why_absent;
pub use folder::{
    BidsScan, BidsScans, LeftOut, bids_scans, is_nifti, nifti_files, nifti_stem, part_of_complex,
    volume_files,
};
#[cfg(feature = "lists")]
pub use list::{ListedScan, read_scan_list};
