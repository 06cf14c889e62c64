//! `memae synth`: the synthetic cohort as NIfTI files with their ground truth.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use cli_support::progress::{Task, say};
use cli_support::workers;
use mri_io::Volume;
use mri_phantom::Phantom;

use crate::config::{Data, SyntheticData};
use crate::data::heads::{Head, Heads};
use crate::run::context::Run;
use crate::run::stage::{Kind, Stage};
use crate::run::threads;

/// Makes what is not there yet.
pub(crate) fn run(run: &Run) -> Result<()> {
    let (Data::Synthetic(data), Some(Heads { all: heads, root, .. })) = (&run.config.data, run.heads())
    else {
        bail!("`memae synth` needs kind = \"synthetic\" in [data]: this configuration uses your own scans");
    };
    let stage = stage(data, heads, root)?;
    let folder = stage.folder();
    if stage.is_done() {
        say(format!("synth: up to date, {} heads in {}", heads.len(), folder.display()));
        return Ok(());
    }
    let task = Task::new("synth", heads.len());
    stage.remove_spoiled()?;
    let outputs = workers::map(heads, threads::available(&run.config), |head| {
        let files = HeadFiles::new(folder, head);
        if !files.exist() {
            files.write(&make(data, head)?)?;
        }
        task.step("");
        Ok(files.all())
    })?;
    stage.finish(&outputs.concat())?;
    say(format!("synth: {} heads in {}", heads.len(), folder.display()));
    Ok(())
}

/// Whether there is nothing to make.
pub(crate) fn is_done(run: &Run) -> Result<bool> {
    match (&run.config.data, run.heads()) {
        (Data::Synthetic(data), Some(Heads { all, root, .. })) => Ok(stage(data, all, root)?.is_done()),
        _ => Ok(true),
    }
}

fn stage(data: &SyntheticData, heads: &[Head], root: &Path) -> Result<Stage> {
    let names: Vec<_> = heads.iter().map(|head| &head.name).collect();
    Stage::new(Kind::Synth, root.join("synthetic"), &(&data.scan, data.seed, &data.lesions, names))
}

fn make(data: &SyntheticData, head: &Head) -> Result<Phantom> {
    let Head { subject, lesion, map, .. } = head;
    Ok(match (map, lesion) {
        (Some(map), lesion) => {
            let labels = mri_io::nifti::read_labels(map)?;
            mri_phantom::from_labels(&labels, &data.scan, data.seed, *subject, *lesion)?
        }
        (None, Some(kind)) => mri_phantom::with_lesion(&data.scan, data.seed, *subject, *kind)?,
        (None, None) => mri_phantom::healthy(&data.scan, data.seed, *subject)?,
    })
}

/// The files of one head, as `data-manifests/synthetic.toml` describes them.
struct HeadFiles {
    scan: PathBuf,
    brain_mask: PathBuf,
    tissues: PathBuf,
    lesion: Option<PathBuf>,
    pose: PathBuf,
}

impl HeadFiles {
    fn new(folder: &Path, head: &Head) -> Self {
        let group = if head.lesion.is_some() { "tumour" } else { "healthy" };
        let name = &head.name;
        let file = |kind: &str| folder.join(group).join(name).join(format!("{name}_{kind}"));
        Self {
            scan: file("T2w.nii.gz"),
            brain_mask: file("brainmask.nii.gz"),
            tissues: file("tissues.nii.gz"),
            lesion: head.lesion.map(|_| file("tumour.nii.gz")),
            pose: file("pose.txt"),
        }
    }

    fn all(&self) -> Vec<PathBuf> {
        let files = [&self.scan, &self.brain_mask, &self.tissues, &self.pose];
        files.into_iter().chain(&self.lesion).cloned().collect()
    }

    /// Whether an earlier run made this head.
    fn exist(&self) -> bool {
        self.all().iter().all(|path| path.exists())
    }

    fn write(&self, phantom: &Phantom) -> Result<()> {
        let folder = self.scan.parent().context("a file lies in a folder")?;
        fs_err::create_dir_all(folder)?;
        mri_io::write(&self.brain_mask, &phantom.brain_mask)?;
        mri_io::write(&self.tissues, &phantom.tissues)?;
        if let Some(path) = &self.lesion {
            mri_io::write(path, &phantom.lesion)?;
        }
        mri_io::transform_file::write_matrix(&self.pose, phantom.pose)?;
        Ok(mri_io::write(&self.scan, &as_scanner(&phantom.scan))?)
    }
}

/// As a scanner stores it: whole numbers.
fn as_scanner(scan: &Volume<f32>) -> Volume<u16> {
    scan.map(|&value| value.round().clamp(0.0, f32::from(u16::MAX)) as u16)
}
