//! `memae synth`: the synthetic cohort as NIfTI files with their ground truth.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Context, Result, bail};
use mri_io::Volume;
use mri_phantom::{LesionKind, Phantom};

use crate::config::{Config, Data, SyntheticData};
use crate::progress::{Task, say};
use crate::stage::Stage;
use crate::{files, workers};

/// The cohort's folder in the cache is named by what determines it.
pub(crate) fn root(config: &Config, data: &SyntheticData) -> Result<PathBuf> {
    let labels = label_maps(data)?;
    let key = files::fingerprint(&(env!("CARGO_PKG_VERSION"), data.seed, &data.scan, &labels))?;
    Ok(config.run.cache.join(format!("synthetic-{}", &key[..12])))
}

/// Makes what is not there yet.
pub(crate) fn run(config: &Config) -> Result<()> {
    let Data::Synthetic(data) = &config.data else {
        bail!("`memae synth` needs kind = \"synthetic\" in [data]: this configuration uses your own scans");
    };
    let folder = root(config, data)?.join("synthetic");
    let heads = heads(data);
    let labels = label_maps(data)?;
    let stage = Stage::new("synth", &folder, &(&data.scan, data.seed, heads.len(), &labels))?;
    if stage.is_done() {
        say(format!("synth: up to date, {} heads in {}", heads.len(), folder.display()));
        return Ok(());
    }
    let task = Task::new("synth", heads.len());
    let outputs = Mutex::new(Vec::new());
    workers::map(&heads, workers::available(config), |head| {
        let files = HeadFiles::new(&folder, head);
        if !files.exist() {
            files.write(&make(data, &labels, head)?)?;
        }
        outputs.lock().expect("no holder of this lock panics").push(files.scan.clone());
        task.step("");
        Ok(())
    })?;
    let mut outputs = outputs.into_inner().expect("no holder of this lock panics");
    outputs.sort();
    stage.finish(&outputs)?;
    say(format!("synth: {} heads in {}", heads.len(), folder.display()));
    Ok(())
}

/// Heads with a tumour have numbers of their own, so that no one has the anatomy of a healthy head.
const FIRST_WITH_TUMOUR: u64 = 1 << 32;

/// A head to make.
struct Head {
    /// Number within its group, from 0.
    number: u64,
    tumour: bool,
}

/// Healthy heads for training and validation, then heads with a tumour.
fn heads(data: &SyntheticData) -> Vec<Head> {
    let group = |count: usize, tumour| (0..count as u64).map(move |number| Head { number, tumour });
    group(data.train + data.validation, false).chain(group(data.test, true)).collect()
}

fn make(data: &SyntheticData, labels: &[PathBuf], head: &Head) -> Result<Phantom> {
    let tumour = head.tumour;
    let number = if tumour { FIRST_WITH_TUMOUR + head.number } else { head.number };
    let phantom = if labels.is_empty() {
        let make = if tumour { mri_phantom::with_tumour } else { mri_phantom::healthy };
        make(&data.scan, data.seed, number)
    } else {
        let map = mri_io::read_labels(&labels[head.number as usize % labels.len()])?;
        mri_phantom::from_labels(&map, &data.scan, data.seed, number, tumour.then_some(LesionKind::Glioma))
    };
    Ok(phantom?)
}

/// Label maps in the configured folder, sorted; none if there is no such folder configured.
fn label_maps(data: &SyntheticData) -> Result<Vec<PathBuf>> {
    let Some(folder) = &data.label_maps else { return Ok(Vec::new()) };
    let mut maps = Vec::new();
    for entry in fs_err::read_dir(folder).context("label_maps in [data]")? {
        let path = entry?.path();
        let name = path.to_string_lossy();
        if name.ends_with(".nii") || name.ends_with(".nii.gz") {
            maps.push(path);
        }
    }
    if maps.is_empty() {
        bail!("label_maps in [data]: there is no .nii or .nii.gz file in {}", folder.display());
    }
    maps.sort();
    Ok(maps)
}

/// The files of one head, as `data-manifests/synthetic.toml` describes them.
struct HeadFiles {
    scan: PathBuf,
    brain_mask: PathBuf,
    tissues: PathBuf,
    tumour: Option<PathBuf>,
    pose: PathBuf,
}

impl HeadFiles {
    fn new(folder: &Path, head: &Head) -> Self {
        let group = if head.tumour { "tumour" } else { "healthy" };
        let name = format!("sub-{:04}", head.number + 1);
        let file = |kind: &str| folder.join(group).join(&name).join(format!("{name}_{kind}"));
        Self {
            scan: file("T2w.nii.gz"),
            brain_mask: file("brainmask.nii.gz"),
            tissues: file("tissues.nii.gz"),
            tumour: head.tumour.then(|| file("tumour.nii.gz")),
            pose: file("pose.txt"),
        }
    }

    /// Whether an earlier run made this head: the scan is written last.
    fn exist(&self) -> bool {
        self.scan.exists()
    }

    fn write(&self, phantom: &Phantom) -> Result<()> {
        let folder = self.scan.parent().context("a file lies in a folder")?;
        fs_err::create_dir_all(folder)?;
        mri_io::write(&self.brain_mask, &phantom.brain_mask)?;
        mri_io::write(&self.tissues, &phantom.tissues)?;
        if let Some(path) = &self.tumour {
            mri_io::write(path, &phantom.lesion)?;
        }
        mri_io::write_matrix(&self.pose, phantom.pose)?;
        Ok(mri_io::write(&self.scan, &as_scanner(&phantom.scan))?)
    }
}

/// As a scanner stores it: whole numbers.
fn as_scanner(scan: &Volume<f32>) -> Volume<u16> {
    scan.map(|&value| value.round().clamp(0.0, f32::from(u16::MAX)) as u16)
}
