//! `mri-prep register`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{ArgGroup, Args};
use mri_io::qc::{Caption, Section, quality_picture};
use mri_io::register::{Degrees, RegistrationSettings, Scan, register};
use mri_io::resample::{Interpolation, resample};
use mri_io::transform_file::{Ends, write_itk, write_transform};
use mri_io::{Volume, write};

use crate::files::{about, name, not_finite, read_mask_of, read_told, warn, write_png};
use crate::outputs;

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("register-output").required(true).multiple(true).args(["matrix", "itk", "inverse", "resampled", "picture"])))]
pub(crate) struct Register {
    /// Volume that stays where it is.
    pub(crate) fixed: PathBuf,
    /// Volume that is brought onto it.
    pub(crate) moving: PathBuf,
    /// Write the transform here: 4x4, fixed world to moving world, four numbers a line; for ITK if the name ends in .tfm,
    /// for FSL in .mat, for FreeSurfer in .lta.
    #[arg(long, value_name = "OUT.txt")]
    pub(crate) matrix: Option<PathBuf>,
    /// Write the transform here for ITK, `SimpleITK`, ANTs and 3D Slicer.
    #[arg(long, value_name = "OUT.tfm")]
    pub(crate) itk: Option<PathBuf>,
    /// Write the way back (moving world to fixed world) here, as `--matrix` does.
    #[arg(long, value_name = "OUT")]
    pub(crate) inverse: Option<PathBuf>,
    /// Degrees of freedom. 6: rotation and translation, for one person; for two persons, or a person and an atlas, also
    /// 7: one scale; 9: a scale along each axis; 12: scales and shear.
    #[arg(long, value_name = "6|7|9|12", default_value = "6", value_parser = degrees)]
    pub(crate) dof: Degrees,
    /// Write the moving volume on the fixed grid here.
    #[arg(long, value_name = "OUT")]
    pub(crate) resampled: Option<PathBuf>,
    /// Write a picture of both volumes with the edges of the fixed one here, to judge the result by.
    #[arg(long, value_name = "OUT.png")]
    pub(crate) picture: Option<PathBuf>,
    /// Of a series as the fixed one take this volume, counted from 0.
    #[arg(long, value_name = "N")]
    pub(crate) fixed_volume: Option<usize>,
    /// Of a series as the moving one take this volume, counted from 0.
    #[arg(long, value_name = "N")]
    pub(crate) volume: Option<usize>,
    /// Compare only inside this mask of the fixed volume.
    #[arg(long, value_name = "MASK")]
    pub(crate) fixed_mask: Option<PathBuf>,
    /// Compare only inside this mask of the moving volume.
    #[arg(long, value_name = "MASK")]
    pub(crate) moving_mask: Option<PathBuf>,
}

fn degrees(text: &str) -> Result<Degrees, String> {
    let found = text.parse().ok().and_then(Degrees::with_count);
    found.ok_or_else(|| "a registration has 6, 7, 9 or 12 degrees of freedom".to_owned())
}

pub(crate) fn run(arguments: &Register) -> Result<()> {
    let Register { matrix, itk, inverse, picture, .. } = arguments;
    let masks = [&arguments.fixed_mask, &arguments.moving_mask].into_iter().flatten();
    let results = [matrix, itk, inverse, picture, &arguments.resampled].into_iter().flatten();
    outputs::apart([&arguments.fixed, &arguments.moving].into_iter().chain(masks), results)?;
    outputs::transforms([matrix, inverse].into_iter().flatten())?;
    outputs::files(itk)?;
    outputs::picture(picture.as_ref())?;
    outputs::volumes(&arguments.resampled)?;
    let (_, fixed) = read_told(&arguments.fixed, arguments.fixed_volume)?;
    let (_, moving) = read_told(&arguments.moving, arguments.volume)?;
    for (path, volume) in [(&arguments.fixed, &fixed), (&arguments.moving, &moving)] {
        if let Some(what) = not_finite(volume) {
            warn(path, &[format!("{what} and count as background")]);
        }
    }
    let mask_of = |mask: &Option<PathBuf>, path: &Path, volume: &Volume| {
        mask.as_deref().map(|mask| read_mask_of(mask, path, volume)).transpose()
    };
    let fixed_mask = mask_of(&arguments.fixed_mask, &arguments.fixed, &fixed)?;
    let moving_mask = mask_of(&arguments.moving_mask, &arguments.moving, &moving)?;
    let settings = RegistrationSettings::default();
    let fixed_scan = Scan { volume: &fixed, mask: fixed_mask.as_ref() };
    let moving_scan = Scan { volume: &moving, mask: moving_mask.as_ref() };
    let found = register(arguments.dof, fixed_scan, moving_scan, &settings)
        .with_context(|| format!("{} onto {}", about(&arguments.moving), about(&arguments.fixed)))?;
    let summary = format!(
        "rotation {:.1} degrees, mutual information {:.3}",
        found.transform.angle_degrees(),
        found.metric
    );
    eprintln!("{summary}");
    warn(&arguments.moving, &found.warnings);
    let ends = Ends { fixed: fixed.grid(), moving: moving.grid() };
    if let Some(path) = matrix {
        write_transform(path, found.transform, Some(&ends))?;
    }
    if let Some(path) = itk {
        write_itk(path, found.transform)?;
    }
    if let Some(path) = inverse {
        let back = Ends { fixed: ends.moving, moving: ends.fixed };
        write_transform(path, found.transform.inverse(), Some(&back))?;
    }
    if let Some(path) = picture {
        let figures = [summary];
        let title = format!("{} onto {}", name(&arguments.moving), name(&arguments.fixed));
        let caption = Caption { title: &title, figures: &figures, warnings: &found.warnings };
        let section = Section::Registration {
            fixed: &fixed,
            fixed_mask: fixed_mask.as_ref(),
            moving: &moving,
            transform: &found.transform,
        };
        write_png(path, &quality_picture(&caption, &[section])?)?;
    }
    if let Some(path) = &arguments.resampled {
        let linear = Interpolation::Linear;
        write(path, &resample(&moving, &fixed.grid(), found.transform, linear, 0.0)?)?;
    }
    Ok(())
}
