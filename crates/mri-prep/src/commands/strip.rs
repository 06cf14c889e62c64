//! `mri-prep strip`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{ArgGroup, Args};
use mri_io::nifti::Datatype;
use mri_io::qc::{Caption, Section, quality_picture};
use mri_io::strip::{StripSettings, skull_strip};
use mri_io::write;

use crate::files::{about, name, read_stored, warn, write_png};
use crate::outputs;
use crate::stripping::Stripping;

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("strip-output").required(true).multiple(true).args(["mask", "brain", "picture"])))]
pub(crate) struct Strip {
    /// Scan of a head.
    pub(crate) scan: PathBuf,
    /// Of a series take this volume, counted from 0.
    #[arg(long, value_name = "N")]
    pub(crate) volume: Option<usize>,
    #[command(flatten)]
    stripping: Stripping,
    /// Write the brain's mask here.
    #[arg(long, value_name = "OUT")]
    pub(crate) mask: Option<PathBuf>,
    /// Write the scan with everything but the brain set to 0 here, in its own data type (in float32 if that type and its slope cannot represent 0).
    #[arg(long, value_name = "OUT")]
    pub(crate) brain: Option<PathBuf>,
    /// Write a picture of the scan with the brain's outline here, to judge the result by.
    #[arg(long, value_name = "OUT.png")]
    pub(crate) picture: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Strip) -> Result<()> {
    let results = [&arguments.mask, &arguments.brain, &arguments.picture];
    outputs::apart([&arguments.scan], results.into_iter().flatten())?;
    outputs::volumes([&arguments.mask, &arguments.brain].into_iter().flatten())?;
    outputs::picture(arguments.picture.as_ref())?;
    let stored = read_stored(&arguments.scan, arguments.volume)?;
    let scan = stored.values()?;
    let settings = arguments.stripping.over(StripSettings::default());
    let found = skull_strip(&scan, &settings).with_context(|| about(&arguments.scan))?;
    eprintln!("brain: {:.0} ml, quality {:.2}", found.mask.millilitres(), found.quality);
    warn(&arguments.scan, &found.warnings);
    if let Some(path) = &arguments.mask {
        write(path, &found.mask)?;
    }
    if let Some(path) = &arguments.picture {
        let figures = [format!("brain {:.0} ml, quality {:.2}", found.mask.millilitres(), found.quality)];
        let caption = Caption { title: &name(&arguments.scan), figures: &figures, warnings: &found.warnings };
        let section = Section::BrainMask { scan: &scan, mask: &found.mask };
        write_png(path, &quality_picture(&caption, &[section])?)?;
    }
    if let Some(path) = &arguments.brain {
        let datatype = stored.datatype();
        let brain = stored.masked(&found.mask)?;
        if brain.datatype() != datatype {
            let why = format!(
                "the brain is written as {}: {datatype} with its slope cannot represent 0",
                Datatype::Float32
            );
            warn(&arguments.scan, &[why]);
        }
        brain.write(path)?;
    }
    Ok(())
}
