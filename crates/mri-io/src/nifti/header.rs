//! What a header says, checked.

use super::datatype::Datatype;
use super::fields::Format;
use super::intent::Intent;
use super::meaning::Meaning;
use crate::finding::Finding;
use crate::{Affine, Grid};

/// The part of a file's header that says what the voxels are and where they lie.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Header {
    /// Number of voxels along each axis.
    pub shape: [usize; 3],
    /// Number of volumes, 1 of most files: a series has more ([`crate::nifti::Series`]).
    pub volumes: usize,
    /// Voxel index to world (RAS+, mm): the file's sform if it has one that can be used, else its qform, else the voxel
    /// spacing alone, with the middle of the volume at the origin and x growing to the left (as nibabel).
    pub affine: Affine,
    /// Whether the file has an sform or a qform; without, right and left are a guess.
    pub oriented: bool,
    /// Largest distance (mm) between where sform and qform put a corner voxel, if the file has both.
    pub form_distance: Option<f64>,
    /// Type of the stored voxels.
    pub datatype: Datatype,
    /// Layout of the header.
    pub format: Format,
    /// Free text of at most 80 bytes.
    pub description: String,
    /// `aux_file`, at most 24 bytes: the name of another file, or what programs agree on instead.
    pub auxiliary: String,
    /// What the values mean.
    pub intent: Intent,
    /// Stored values times this ...
    pub slope: f64,
    /// ... plus this are the intensities.
    pub inter: f64,
    /// What contradicts itself or is missing in the header, though the file can be read: as [`crate::read`] warns of.
    pub findings: Vec<Finding>,
    /// `cal_min` and `cal_max`: the range of values to be shown, zeros for none.
    pub display: [f64; 2],
    pub(super) big_endian: bool,
    pub(super) offset: usize,
    /// Whether the voxels lie in the same file as the header.
    pub(super) single_file: bool,
}

impl Header {
    /// Shape and affine together.
    pub fn grid(&self) -> Grid {
        Grid { shape: self.shape, affine: self.affine }
    }

    /// What it says of the values, for a file that is made from this one.
    pub fn meaning(&self) -> Meaning {
        Meaning {
            intent: self.intent.clone(),
            description: self.description.clone(),
            auxiliary: self.auxiliary.clone(),
            display: self.display,
        }
    }

    /// Bytes that the voxels of one volume take. Cannot overflow: checked when the header was parsed.
    pub(super) fn data_length(&self) -> usize {
        self.shape.iter().product::<usize>() * self.datatype.size()
    }
}

/// Refuses more voxels than any memory holds.
pub(super) fn sized(shape: [usize; 3], datatype: Datatype, volumes: usize) -> Result<(), String> {
    let mut all = shape.into_iter().chain([volumes]);
    let bytes = all.try_fold(datatype.size(), usize::checked_mul);
    if bytes.is_none_or(|bytes| bytes > isize::MAX as usize / 2) {
        return Err(format!(
            "claims {shape:?} voxels, more than any memory holds: the header is damaged, copy the file again or make it anew"
        ));
    }
    Ok(())
}
