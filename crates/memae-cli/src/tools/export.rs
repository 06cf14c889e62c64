//! `memae export`: a model as TorchScript.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Args;
use cli_support::progress;
use memae_model::DeviceChoice;

use crate::stages::package::Source;

/// Arguments of `memae export`.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// Model package or checkpoint, or `builtin:NAME`.
    #[arg(value_name = "MODEL", value_parser = Source::parse)]
    pub(crate) model: Source,
    /// File to write, e.g. model.pt.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

/// Writes the network of a package or checkpoint.
pub(crate) fn run(arguments: &Export) -> Result<()> {
    if let Source::File(model) = &arguments.model
        && let (Ok(model), Ok(out)) = (model.canonicalize(), arguments.out.canonicalize())
    {
        ensure!(model != out, "{}: is the model itself: name another file for the result", out.display());
    }
    let model = arguments.model.model(DeviceChoice::Cpu)?;
    model.export(&arguments.out).with_context(|| format!("cannot export {}", arguments.model))?;
    let [i, j] = model.sides();
    progress::result(&format!(
        "{}: TorchScript of {}, from three neighbouring preprocessed slices (batch, 3, {i}, {j}) to the reconstruction of \
         the middle one (batch, 1, {i}, {j}).\n",
        arguments.out.display(),
        model.kind(),
    ))
}
