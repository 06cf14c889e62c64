//! The average of a cohort.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use mri_io::template::{TemplateSettings, build_template};
use mri_io::transform_file::write_matrix;
use mri_io::write;

use crate::files::{about, warn};
use crate::loader::Cohort;
use crate::outputs;

#[derive(Debug, Args)]
pub(crate) struct Template {
    #[command(flatten)]
    cohort: Cohort,
    /// Write the template here.
    #[arg(long, value_name = "OUT")]
    output: PathBuf,
    /// Write the template's brain here.
    #[arg(long, value_name = "OUT")]
    output_mask: Option<PathBuf>,
    /// Write the transforms into this folder, template world to scan world, as 1.txt, 2.txt, ... in the order of
    /// the scans.
    #[arg(long, value_name = "FOLDER")]
    transforms: Option<PathBuf>,
    /// Voxel spacing in mm.
    #[arg(long, default_value_t = TemplateSettings::default().spacing, allow_negative_numbers = true)]
    spacing: f64,
    /// How often all scans are registered to the template and averaged.
    #[arg(long, default_value_t = TemplateSettings::default().iterations)]
    iterations: usize,
    /// Fit scale and shear too: brains of all sizes then make one of their mean size, which is sharper.
    #[arg(long)]
    affine: bool,
}

pub(crate) fn run(arguments: &Template) -> Result<()> {
    let mut settings = TemplateSettings::default();
    settings.spacing = arguments.spacing;
    settings.iterations = arguments.iterations;
    settings.affine = arguments.affine;
    settings.check()?;
    let results = || std::iter::once(&arguments.output).chain(&arguments.output_mask);
    outputs::apart(arguments.cohort.files(), results())?;
    outputs::volumes(results())?;
    arguments.transforms.as_deref().map_or(Ok(()), outputs::folder)?;
    let scans = &arguments.cohort.scans;
    let names: Vec<String> = scans.iter().map(|scan| about(scan)).collect();
    let loader = arguments.cohort.loader()?;
    let template = build_template(&names, |number| loader.load(number), &settings)?;
    for (scan, warnings) in scans.iter().zip(&template.warnings) {
        warn(scan, warnings);
    }
    if let Some(folder) = &arguments.transforms {
        std::fs::create_dir_all(folder).with_context(|| about(folder))?;
        for (number, transform) in template.transforms.iter().enumerate() {
            write_matrix(folder.join(format!("{}.txt", number + 1)), transform)?;
        }
    }
    if let Some(path) = &arguments.output_mask {
        write(path, &template.mask)?;
    }
    write(&arguments.output, &template.volume)?;
    Ok(())
}
