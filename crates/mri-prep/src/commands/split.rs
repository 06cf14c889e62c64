//! `mri-prep split`: a file for each volume of a series.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use mri_io::nifti::Series;

use crate::files::tell;
use crate::outputs;

/// Write each volume of a series to a file of its own, in its stored type. One at a time is in memory.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  mri-prep split bold.nii.gz volumes/bold_\n\nwrites volumes/bold_0000.nii.gz, volumes/bold_0001.nii.gz, ..."
)]
pub(crate) struct Split {
    /// File with several volumes.
    series: PathBuf,
    /// Where to write them: this, the volume's number (from 0, four digits), and `.nii.gz`.
    #[arg(value_name = "OUT_PREFIX")]
    prefix: String,
}

pub(crate) fn split(arguments: &Split) -> Result<()> {
    let file = |number: usize| PathBuf::from(format!("{}{number:04}.nii.gz", arguments.prefix));
    outputs::apart([&arguments.series], [&file(0)])?;
    if let Some(folder) = file(0).parent() {
        fs_err::create_dir_all(folder)?;
    }
    outputs::volumes([&file(0)])?;
    let series = Series::open(&arguments.series)?;
    tell(&arguments.series, series.header());
    for (number, volume) in series.enumerate() {
        volume?.write(file(number))?;
    }
    Ok(())
}
