//! The preprocessed subjects of a run, and their files.

use std::path::{Path, PathBuf};

use anyhow::Result;
use mri_io::{Mask, Volume};

use crate::data::cohorts::Member;
use crate::data::roles::Use;

/// The preprocessed subjects of a run.
#[derive(Clone)]
pub(crate) struct Cohort {
    /// Training, validation and test subjects, in this order.
    subjects: Vec<Prepared>,
    /// Which labels are lesion, of the subjects whose manifest says so.
    pub(crate) lesion_labels: Vec<Vec<u16>>,
    /// Fingerprint of the contents of all inputs and of the settings.
    pub(crate) key: String,
}

impl Cohort {
    /// `members` come in the order training, validation, test; `cache` holds their preprocessed files.
    pub(crate) fn new(members: &[Member], cache: &Path, key: String) -> Self {
        Self {
            subjects: members.iter().map(|member| Prepared::new(cache, member)).collect(),
            lesion_labels: members.iter().filter_map(|member| member.subject.lesion_labels.clone()).collect(),
            key,
        }
    }

    /// All subjects with this use.
    pub(crate) fn prepared(&self, used_for: Use) -> &[Prepared] {
        let mut uses = self.subjects.chunk_by(|a, b| a.used_for == b.used_for);
        uses.find(|subjects| subjects[0].used_for == used_for).unwrap_or_default()
    }

    /// All subjects that the models do not train on: validation, then test.
    pub(crate) fn held_out(&self) -> &[Prepared] {
        &self.subjects[self.prepared(Use::Train).len()..]
    }
}

/// The files of a preprocessed subject, all on the reference grid.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    pub(crate) name: String,
    pub(crate) used_for: Use,
    /// Normalized brain, background exactly 0.
    pub(crate) scan: PathBuf,
    pub(crate) mask: PathBuf,
    /// Lesion labels, of test subjects.
    pub(crate) lesions: Option<PathBuf>,
    /// 4x4, reference world to scan world.
    pub(crate) transform: PathBuf,
    /// How the preprocessing went.
    pub(crate) record: PathBuf,
}

impl Prepared {
    pub(crate) fn new(cache: &Path, member: &Member) -> Self {
        let file = |kind: &str| cache.join(format!("{}_{kind}", member.id()));
        Self {
            name: member.subject.name.clone(),
            used_for: member.used_for,
            scan: file("T2w.nii.gz"),
            mask: file("brainmask.nii.gz"),
            lesions: (member.used_for == Use::Test).then(|| file("lesions.nii.gz")),
            transform: file("transform.txt"),
            record: file("record.json"),
        }
    }

    /// Whether it is a test subject, of which lesions are known.
    pub(crate) fn is_test(&self) -> bool {
        self.used_for == Use::Test
    }

    /// Name for files of this subject: a healthy and a test subject may have the same name.
    pub(crate) fn id(&self) -> String {
        let group = if self.is_test() { "test" } else { "healthy" };
        format!("{group}_{}", self.name)
    }

    /// Sizes of the files in bytes: scan, mask, transform and, of a test subject, lesions.
    pub(crate) fn sizes(&self) -> Result<Vec<u64>> {
        let files = [Some(&self.scan), Some(&self.mask), Some(&self.transform), self.lesions.as_ref()];
        files.into_iter().flatten().map(|path| Ok(fs_err::metadata(path)?.len())).collect()
    }

    /// The preprocessed scan and its brain mask.
    pub(crate) fn read(&self) -> Result<(Volume<f32>, Mask)> {
        Ok((mri_io::read(&self.scan)?, mri_io::nifti::read_mask(&self.mask)?))
    }

    /// Lesion voxels; none for a healthy subject.
    pub(crate) fn read_lesions(&self) -> Result<Option<Mask>> {
        Ok(self.lesions.as_ref().map(mri_io::nifti::read_mask).transpose()?)
    }
}
