#![doc = include_str!("../README.md")]

mod affine;
mod affine_transform;
mod bias;
mod check;
mod components;
mod contrast;
mod distance;
mod error;
mod find;
mod intensity;
mod mask;
mod nifti;
mod percentile;
#[cfg(feature = "picture")]
mod picture;
mod preprocess;
mod reference;
mod register;
mod resample;
mod strip;
mod template;
mod transform;
mod transform_file;
mod volume;
mod whole_file;

pub use affine::Affine;
pub use affine_transform::AffineTransform;
pub use bias::{BiasCorrection, BiasSettings, correct_bias};
pub use check::{
    Contrast, Finding, ScanFacts, ScanReport, Severity, check_scan, check_table, check_volume, find_copies,
};
pub use components::components;
pub use contrast::preprocess_contrast;
pub use distance::distance_to;
pub use error::{Error, Result};
pub use find::{
    BidsScan, BidsScans, LeftOut, bids_scans, is_nifti, nifti_files, nifti_stem, part_of_complex, why_absent,
};
#[cfg(feature = "lists")]
pub use find::{ListedScan, read_scan_list};
pub use intensity::{Normalization, StandardScale, normalize};
pub use nifti::{
    Datatype, Format, Header, Intent, Series, StoredVolume, Voxel, can_write_volume, files_of, read,
    read_bytes, read_header, read_labels, read_mask, read_with_header, write, write_bytes, write_like,
};
#[cfg(feature = "picture")]
pub use picture::{Caption, Picture, Section, quality_picture, thumbnail};
pub use preprocess::{PreprocessSettings, Preprocessed, preprocess, preprocess_stripped};
pub use reference::Reference;
pub use register::{Degrees, Registration, RegistrationSettings, register, register_affine, register_rigid};
pub use resample::{
    Interpolation, resample, resample_labels, resample_labels_by_share, resample_mask, resample_to_spacing,
    to_canonical,
};
pub use strip::{
    Skull, SkullStrip, StripSettings, already_stripped, foreground, largest_component, skull_strip,
};
pub use template::{Template, TemplateSettings, build_template};
pub use transform::RigidTransform;
pub use transform_file::{Ends, read_transform, write_itk, write_matrix, write_transform};
pub use volume::{Grid, Mask, Volume};
pub use whole_file::{can_write, write_whole};
