//! Reading NIfTI files, their predecessors and FreeSurfer's, and writing NIfTI. [`crate::read`] and [`crate::write()`]
//! do it for a whole volume of `f32`; here is all else.
//!
//! Crate `nifti` parses the NIfTI-1 header and names the data types. It is gone around where it does not
//! serve: it knows no NIfTI-2, recognizes gzip by the file's name, stops after the first gzip member,
//! trusts the header when it allocates, and returns Fortran-ordered arrays. So the header of NIfTI-2, the
//! inflating, the turn into C order and the writer are our own; so is, for speed, the
//! compression of voxels of four bytes.

mod bytes;
mod datatype;
mod decode;
mod deflate;
mod fault;
mod fields;
mod header;
mod intent;
mod marks;
mod meaning;
mod mgh;
mod number;
mod parse;
mod place;
pub(crate) mod reading;
mod series;
mod stored;
mod voxels;
pub(crate) mod writing;

pub use datatype::Datatype;
pub use fault::Fault;
pub use fields::Format;
pub use header::Header;
pub use intent::Intent;
pub use marks::{read_labels, read_mask};
pub use meaning::Meaning;
pub use reading::{files_of, read_bytes, read_header, read_with_header};
pub use series::Series;
pub use stored::StoredVolume;
pub use writing::{Voxel, can_write_volume, write_bytes, write_like, write_with};

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_of_headers;
#[cfg(test)]
mod tests_of_values;
