//! `memae export`: a model as TorchScript.

use anyhow::{Context, Result};
use memae_model::DeviceChoice;

use crate::cli;
use crate::progress;

/// Writes the network of a package or checkpoint.
pub(crate) fn run(arguments: &cli::Export) -> Result<()> {
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
