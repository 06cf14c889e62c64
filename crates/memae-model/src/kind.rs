//! The models of the experiment: the paper's five, and two beyond them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Which model: they share trunk, data and optimizer, and differ in bottleneck and loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ModelKind {
    /// `ae`: dense code, mean squared error.
    #[serde(rename = "ae")]
    Ae,
    /// `vae`: Gaussian code, mean squared error and Kullback-Leibler divergence.
    #[serde(rename = "vae")]
    Vae,
    /// `ssim-ae`: dense code, 1 - SSIM.
    #[serde(rename = "ssim-ae")]
    SsimAe,
    /// `memae`: memory module, mean squared error and entropy of the addressing (Gong et al. 2019).
    #[serde(rename = "memae")]
    MemAe,
    /// `ssim-memae`: memory module, 1 - SSIM and entropy of the addressing (the proposed model).
    #[serde(rename = "ssim-memae")]
    SsimMemAe,
    /// `dae`: denoising autoencoder with coarse noise (Kascenas et al. 2022), mean squared error. Not in the paper. The decoder
    /// gets the encoder's whole feature map; theirs is a U-Net, here it has the trunk of the others.
    #[serde(rename = "dae")]
    Dae,
    /// `blob-dae`: denoising autoencoder that takes out pasted blobs, which stand for lesions; absolute error, in which a small
    /// blob counts as a large one. Not in the paper. The trunk has skip connections: at each scale the decoder adds the
    /// encoder's map to its own, at last the centre slice.
    #[serde(rename = "blob-dae")]
    BlobDae,
}

impl ModelKind {
    /// The paper's models, in the order of its table.
    pub const PAPER: [Self; 5] = [Self::Ae, Self::Vae, Self::SsimAe, Self::MemAe, Self::SsimMemAe];

    /// The paper's models and those beyond it.
    pub const ALL: [Self; 7] =
        [Self::Ae, Self::Vae, Self::SsimAe, Self::MemAe, Self::SsimMemAe, Self::Dae, Self::BlobDae];

    /// The model that the paper proposes.
    pub const PROPOSED: Self = Self::SsimMemAe;

    /// The one table of what the models are called and in what they differ.
    const fn facts(self) -> Facts {
        const fn row(id: &'static str, label: &'static str, ssim: bool, memory: bool) -> Facts {
            let error = if ssim { ErrorKind::Ssim } else { ErrorKind::Squared };
            Facts { id, label, title: label, error, memory }
        }
        match self {
            Self::Ae => row("ae", "AE", false, false),
            Self::Vae => row("vae", "VAE", false, false),
            Self::SsimAe => row("ssim-ae", "SSIM-AE", true, false),
            Self::MemAe => row("memae", "MemAE", false, true),
            Self::SsimMemAe => {
                Facts { title: "SSIM-MemAE (proposed)", ..row("ssim-memae", "SSIM-MemAE", true, true) }
            }
            Self::Dae => row("dae", "DAE", false, false),
            Self::BlobDae => {
                Facts { error: ErrorKind::Absolute, ..row("blob-dae", "Blob-DAE", false, false) }
            }
        }
    }

    /// Short name used in files and on the command line, e.g. `ssim-memae`.
    pub fn id(self) -> &'static str {
        self.facts().id
    }

    /// Short name for people, e.g. `SSIM-MemAE`.
    pub fn label(self) -> &'static str {
        self.facts().label
    }

    /// Name in the paper's table, for its models; else the label.
    pub fn title(self) -> &'static str {
        self.facts().title
    }

    /// What the reconstruction loss averages.
    pub fn error(self) -> ErrorKind {
        self.facts().error
    }

    /// Whether the bottleneck is a memory module.
    pub fn has_memory(self) -> bool {
        self.facts().memory
    }

    /// Whether the decoder gets the encoder's maps of all scales.
    pub fn has_skips(self) -> bool {
        matches!(self, Self::BlobDae)
    }
}

/// What a reconstruction loss averages over the pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Squared difference.
    Squared,
    /// Absolute difference.
    Absolute,
    /// 1 - SSIM.
    Ssim,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Squared => "MSE",
            Self::Absolute => "MAE",
            Self::Ssim => "1 - SSIM",
        })
    }
}

/// What the models are called and in what they differ.
struct Facts {
    id: &'static str,
    label: &'static str,
    title: &'static str,
    error: ErrorKind,
    memory: bool,
}

impl fmt::Display for ModelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

impl FromStr for ModelKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|kind| kind.id() == text).ok_or_else(|| {
            let known = Self::ALL.map(Self::id).join(", ");
            Error::invalid(format!("no model is called `{text}`; the models are {known}"))
        })
    }
}
