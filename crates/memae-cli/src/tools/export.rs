//! `memae export`: a model for programs that know nothing of this one, as TorchScript or ONNX.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use base64::prelude::{BASE64_STANDARD, Engine};
use clap::{Args, ValueEnum};
use cli_support::progress;
use memae_model::{DeviceChoice, TrainedModel};

use crate::stages::package::{About, Source};

/// Arguments of `memae export`.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// Model package or checkpoint, or `builtin:NAME`.
    #[arg(value_name = "MODEL", value_parser = Source::parse)]
    pub(crate) model: Source,
    /// File to write, e.g. model.onnx or model.pt.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Kind of file. [default: onnx where the name ends in .onnx, else torchscript]
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
}

/// What a model is exported as.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub(crate) enum Format {
    /// For ONNX Runtime and others; carries all else that a package holds as metadata: reference, settings, calibration.
    Onnx,
    /// For libtorch and PyTorch.
    Torchscript,
}

impl Format {
    fn of(file: &Path) -> Self {
        if file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("onnx")) {
            Self::Onnx
        } else {
            Self::Torchscript
        }
    }
}

/// Writes the network of a package or checkpoint.
pub(crate) fn run(arguments: &Export) -> Result<()> {
    let Export { model: source, out, format } = arguments;
    let model = source.model(DeviceChoice::Cpu)?;
    let written = || format!("cannot export {source}");
    let format = format.unwrap_or_else(|| Format::of(out));
    let what = match format {
        Format::Onnx => {
            model.export_onnx(out, &metadata(source, &model)?).with_context(written)?;
            format!("ONNX (opset {})", TrainedModel::ONNX_OPSET)
        }
        Format::Torchscript => {
            model.export(out).with_context(written)?;
            "TorchScript".to_owned()
        }
    };
    let [i, j] = model.sides();
    progress::result(&format!(
        "{}: {what} of {}, from three neighbouring preprocessed slices (batch, 3, {i}, {j}) to the reconstruction of \
         the middle one (batch, 1, {i}, {j}).\n",
        out.display(),
        model.kind(),
    ))
}

/// What using the network takes beside it, as pairs of a key and JSON; the model's name is plain, files are Base64. A checkpoint
/// knows only its model.
fn metadata(source: &Source, model: &TrainedModel) -> Result<Vec<(String, String)>> {
    let mut metadata = vec![("model".to_owned(), model.kind().to_string())];
    if !source.is_package()? {
        return Ok(metadata);
    }
    let (about, files) = About::with_files(source)?;
    let parts = [
        ("preprocess", serde_json::to_string(&about.preprocess)?),
        ("scoring", serde_json::to_string(&about.scoring)?),
        ("calibration", serde_json::to_string(&about.calibration)?),
        ("place", serde_json::to_string(&about.place)?),
        ("provenance", serde_json::to_string(&about.provenance)?),
        ("doubts", serde_json::to_string(&about.doubts)?),
    ];
    metadata.extend(parts.map(|(key, value)| (key.to_owned(), value)));
    metadata.extend(files.into_iter().map(|(name, bytes)| (name, BASE64_STANDARD.encode(bytes))));
    Ok(metadata)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_of_a_name_tells_the_format() {
        assert_eq!(Format::of(Path::new("a/model.ONNX")), Format::Onnx);
        assert_eq!(Format::of(Path::new("a.onnx/model.pt")), Format::Torchscript);
    }
}
