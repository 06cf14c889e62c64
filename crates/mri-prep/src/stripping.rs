//! How skulls are stripped, on the command line.

use clap::Args;
use mri_io::strip::{Skull, StripSettings};

#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Stripping {
    /// Whether scans have skulls: guess, remove (there is one), or keep (the scan is stripped already: what stands out from its
    /// background is the brain). [default: guess]
    #[arg(long, value_name = "guess|remove|keep")]
    pub(crate) skull: Option<Skull>,
    /// Move the brain's surface outwards from the inner side of the dura by this (mm, -5 to 5). [default: 0]
    #[arg(long, value_name = "MM", allow_negative_numbers = true, value_parser = rim)]
    pub(crate) rim: Option<f64>,
}

impl Stripping {
    /// These settings, with what the command line says.
    pub(crate) fn over(&self, mut settings: StripSettings) -> StripSettings {
        settings.skull = self.skull.unwrap_or(settings.skull);
        settings.rim = self.rim.unwrap_or(settings.rim);
        settings
    }
}

fn rim(text: &str) -> Result<f64, String> {
    let found = text.parse().ok().filter(|rim| (-5.0..=5.0).contains(rim));
    found.ok_or_else(|| "the rim is a number of millimetres from -5 to 5".to_owned())
}
