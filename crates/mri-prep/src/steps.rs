//! The single steps.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use mri_io::{
    Caption, Datatype, Ends, Header, Mask, Picture, RegistrationSettings, Section, Series, StoredVolume,
    StripSettings, Volume, quality_picture, read, read_mask, read_with_header, register as register_volumes,
    skull_strip, write, write_itk, write_transform, write_whole,
};

use crate::cli::{Register, Strip};
use crate::outputs;

pub(crate) fn strip(arguments: &Strip) -> Result<()> {
    outputs::volumes([&arguments.mask, &arguments.brain].into_iter().flatten())?;
    outputs::files(&arguments.picture)?;
    let stored = read_stored(&arguments.scan, arguments.volume)?;
    let scan = stored.values()?;
    let settings = StripSettings { skull: arguments.skull.into(), rim: arguments.rim };
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
                "the brain is written as {}: {datatype} with its slope cannot say 0",
                Datatype::Float32
            );
            warn(&arguments.scan, &[why]);
        }
        brain.write(path)?;
    }
    Ok(())
}

pub(crate) fn register(arguments: &Register) -> Result<()> {
    let Register { matrix, itk, inverse, picture, .. } = arguments;
    outputs::files([matrix, itk, inverse, picture].into_iter().flatten())?;
    outputs::volumes(&arguments.resampled)?;
    let (_, fixed) = read_told(&arguments.fixed, arguments.fixed_volume)?;
    let (_, moving) = read_told(&arguments.moving, arguments.volume)?;
    let mask_of = |mask: &Option<PathBuf>, path: &Path, volume: &Volume| {
        mask.as_deref().map(|mask| read_mask_of(mask, path, volume)).transpose()
    };
    let fixed_mask = mask_of(&arguments.fixed_mask, &arguments.fixed, &fixed)?;
    let moving_mask = mask_of(&arguments.moving_mask, &arguments.moving, &moving)?;
    let settings = RegistrationSettings::default();
    let (fixed_mask, moving_mask) = (fixed_mask.as_ref(), moving_mask.as_ref());
    let found = register_volumes(arguments.dof, &fixed, fixed_mask, &moving, moving_mask, &settings)
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
        let section =
            Section::Registration { fixed: &fixed, fixed_mask, moving: &moving, transform: &found.transform };
        write_png(path, &quality_picture(&caption, &[section])?)?;
    }
    if let Some(path) = &arguments.resampled {
        let linear = mri_io::Interpolation::Linear;
        write(path, &mri_io::resample(&moving, &fixed.grid(), found.transform, linear, 0.0)?)?;
    }
    Ok(())
}

/// A volume with its header; of a series, the volume of this number.
pub(crate) fn read_one(path: &Path, number: Option<usize>) -> Result<(Header, Volume)> {
    let Some(number) = number else { return Ok(read_with_header(path)?) };
    let mut series = Series::open(path)?;
    let volume = series.take_volume(number)?.values()?;
    Ok((series.header().clone(), volume))
}

/// As [`read_one`], with what is odd about the header on standard error.
pub(crate) fn read_told(path: &Path, number: Option<usize>) -> Result<(Header, Volume)> {
    let (header, volume) = read_one(path, number)?;
    tell(path, &header);
    Ok((header, volume))
}

/// As [`read_told`], in the stored type.
pub(crate) fn read_stored(path: &Path, number: Option<usize>) -> Result<StoredVolume> {
    let Some(number) = number else { return Ok(StoredVolume::read(path)?) };
    let mut series = Series::open(path)?;
    tell(path, series.header());
    Ok(series.take_volume(number)?)
}

pub(crate) fn tell(path: &Path, header: &Header) {
    warn(path, &header.findings.iter().map(ToString::to_string).collect::<Vec<_>>());
}

/// A volume and a mask that fits it.
pub(crate) fn read_with_mask(volume: &Path, mask: &Path) -> Result<(Volume, Mask)> {
    let voxels = read(volume)?;
    let inside = read_mask_of(mask, volume, &voxels)?;
    Ok((voxels, inside))
}

/// The mask of a volume that was read already.
pub(crate) fn read_mask_of(mask: &Path, volume: &Path, voxels: &Volume) -> Result<Mask> {
    let inside = read_mask(mask)?;
    inside
        .check_on(&voxels.grid())
        .with_context(|| format!("{} as the mask of {}", about(mask), about(volume)))?;
    Ok(inside)
}

/// A volume, and a mask that fits it if there is one.
pub(crate) fn read_masked(volume: &Path, mask: Option<&Path>) -> Result<(Volume, Option<Mask>)> {
    match mask {
        Some(mask) => read_with_mask(volume, mask).map(|(volume, mask)| (volume, Some(mask))),
        None => Ok((read(volume)?, None)),
    }
}

pub(crate) fn write_png(path: &Path, picture: &Picture) -> Result<()> {
    let bytes = picture.to_png()?;
    Ok(write_whole(path, |file| file.write_all(&bytes))?)
}

/// A file's name without its folder, for a picture.
pub(crate) fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// A file's name for a message.
pub(crate) fn about(path: &Path) -> String {
    path.display().to_string()
}

pub(crate) fn warn(path: &Path, warnings: &[String]) {
    for warning in warnings {
        eprintln!("warning: {}: {warning}", path.display());
    }
}
