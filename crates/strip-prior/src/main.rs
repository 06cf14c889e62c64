//! Trains the two small networks with which `mri-io` finds the brain, on heads rendered from label maps.
//!
//! ```text
//! cargo run --release -p strip-prior -- train --label-maps DIR --out DIR
//! ```

mod artefacts;
mod field;
mod heads;
mod network;
mod pose;
mod render;
mod signal;
mod train;
mod view;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};
use mri_io::{Affine, Volume, write};

use network::Stage;

#[derive(Parser)]
#[command(about = "Trains the networks with which mri-io finds the brain in a head")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Trains one of the networks; goes on where it was interrupted.
    Train {
        #[arg(long)]
        stage: Stage,
        /// Folder of label maps with the numbers of FreeSurfer and of SynthSeg's training maps
        #[arg(long)]
        label_maps: PathBuf,
        /// Folder for checkpoints and weights
        #[arg(long)]
        out: PathBuf,
        /// Steps of two samples, instead of a whole training
        #[arg(long)]
        steps: Option<u64>,
        /// How many of the maps, the last ones by name, are scored and not trained on
        #[arg(long, default_value_t = 1)]
        held_out: usize,
        /// Compute with bfloat16: several times faster on processors that have it, far slower on others
        #[arg(long)]
        bf16: bool,
    },
    /// Writes samples as volumes, to look at.
    Show {
        #[arg(long)]
        stage: Stage,
        #[arg(long)]
        label_maps: PathBuf,
        #[arg(long)]
        out: PathBuf,
        #[arg(long, default_value_t = 8)]
        count: u64,
    },
    /// Writes what of each label map is brain.
    Truth {
        #[arg(long)]
        label_maps: PathBuf,
        #[arg(long)]
        out: PathBuf,
    },
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Train { stage, label_maps, out, steps, held_out, bf16 } => {
            train::existing(&label_maps)?;
            let heads = heads::read_all(&label_maps, stage.map_step())?;
            let (trained, scored) = heads.split_at(heads.len().saturating_sub(held_out).max(1));
            let steps = steps.unwrap_or_else(|| stage.steps());
            println!("{} heads to train on, {} to score", trained.len(), scored.len());
            train::train(trained, scored, &train::Settings { stage, steps, short: bf16, out })
        }
        Command::Show { stage, label_maps, out, count } => {
            fs_err::create_dir_all(&out)?;
            let heads = heads::read_all(&label_maps, stage.map_step())?;
            train::show(&heads, stage, count, |number, spacing, sample| {
                let affine = Affine::from_spacing([spacing; 3], [0.0; 3])?;
                write(out.join(format!("{number}-image.nii")), &Volume::new(sample.image, affine)?)?;
                write(out.join(format!("{number}-depth.nii")), &Volume::new(sample.depth, affine)?)?;
                Ok(())
            })
        }
        Command::Truth { label_maps, out } => {
            fs_err::create_dir_all(&out)?;
            for file in mri_io::find::nifti_files(&label_maps)? {
                let name = mri_io::find::nifti_stem(&file);
                write(out.join(format!("{name}.nii.gz")), &heads::truth(&file)?)?;
            }
            Ok(())
        }
    }
}
