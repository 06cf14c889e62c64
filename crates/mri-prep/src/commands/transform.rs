//! `mri-prep transform`: transforms from one kind of file to another, inverted, or one after the other.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use mri_io::AffineTransform;
use mri_io::nifti::read_header;
use mri_io::transform_file::{Ends, read_transform, write_transform};

use crate::outputs;

/// Read linear transforms of ITK, ANTs, FSL, FreeSurfer or plain 4x4 matrices, and write one.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Transform {
    /// Transforms, fixed world to moving world; of several a point goes through the first one first.
    #[arg(required = true)]
    transforms: Vec<PathBuf>,
    /// Write them as one here: for ITK, ANTs and Slicer if the name ends in .tfm, for FSL in .mat, for FreeSurfer in .lta,
    /// else as a plain 4x4 matrix (RAS+, mm).
    #[arg(long, value_name = "OUT")]
    convert: PathBuf,
    /// Write the way back. `--fixed` and `--moving` stay what they are for the transforms that are read.
    #[arg(long)]
    inverse: bool,
    /// The volume that stays where it is (FLIRT's `-ref`): FSL's and FreeSurfer's files are made for two volumes.
    #[arg(long, value_name = "VOLUME", requires = "moving")]
    fixed: Option<PathBuf>,
    /// The volume that is brought onto it (FLIRT's `-in`).
    #[arg(long, value_name = "VOLUME", requires = "fixed")]
    moving: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  mri-prep transform euler.tfm --convert matrix.txt
  mri-prep transform flirt.mat --fixed atlas.nii.gz --moving scan.nii.gz --convert flirt.tfm
  mri-prep transform to-session.tfm to-atlas.lta --inverse --convert back.tfm";

pub(crate) fn run(arguments: &Transform) -> Result<()> {
    let images = [&arguments.fixed, &arguments.moving].into_iter().flatten();
    outputs::apart(arguments.transforms.iter().chain(images), [&arguments.convert])?;
    outputs::transforms([&arguments.convert])?;
    let ends = match (&arguments.fixed, &arguments.moving) {
        (Some(fixed), Some(moving)) => {
            Some(Ends { fixed: read_header(fixed)?.grid(), moving: read_header(moving)?.grid() })
        }
        _ => None,
    };
    let all = chain(&arguments.transforms, ends.as_ref())?;
    if arguments.inverse {
        let back = ends.map(|Ends { fixed, moving }| Ends { fixed: moving, moving: fixed });
        return Ok(write_transform(&arguments.convert, all.inverse(), back.as_ref())?);
    }
    Ok(write_transform(&arguments.convert, all, ends.as_ref())?)
}

/// Transforms one after the other, the first one first. The volumes are the ends of all of them together.
pub(crate) fn chain(paths: &[PathBuf], ends: Option<&Ends>) -> Result<AffineTransform> {
    // What lies between the links of a chain is not known.
    let ends = ends.filter(|_| paths.len() == 1);
    let mut links = paths.iter().map(|path| {
        let link = read_transform(path, ends);
        if paths.len() > 1 {
            link.context("a link of a chain must be known without its images")
        } else {
            Ok(link?)
        }
    });
    let Some(first) = links.next() else { bail!("there is no transform") };
    links.try_fold(first?, |all, next| Ok(next?.after(&all)?))
}
