//! Encoders and decoders of the literature, as lists of layers. All halve a slice four times and double it four times.

use serde::{Deserialize, Serialize};

/// Slices that go into the encoder: the three of a window.
const INPUT: i64 = 3;

/// Which encoder and decoder the models have.
///
/// `width` scales all channels. The three differ from their sources in the input (three neighbouring slices) and in nothing
/// else but what is said here; the length of the code is a setting of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Architecture {
    /// The official `MemAE` (Gong et al. 2019) in two dimensions: four 3x3 convolutions of stride 2 with 96, 128, 256, 256
    /// channels, batch normalization, LeakyReLU 0.2; the decoder mirrors them, its last layer is linear.
    #[default]
    Trunk,
    /// Bergmann et al. 2019 (SSIM autoencoder): eight 4x4 convolutions of stride 2 and 3x3 ones of stride 1 with 32 to 128
    /// channels, LeakyReLU 0.2, no normalization; their code is a linear map of the whole feature map.
    Bergmann,
    /// Baur et al. 2021 (comparative study on brain MR): four 5x5 convolutions of stride 2 with 32, 64, 128, 128 channels, batch
    /// normalization, LeakyReLU 0.3; a last 1x1 convolution. Theirs has dropout in the code and pads unevenly, as
    /// `TensorFlow` does.
    Baur,
}

/// What a convolution does to the sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    /// Keeps them.
    Same,
    /// Halves them: stride 2.
    Half,
    /// Doubles them: transposed, stride 2.
    Double,
}

/// A layer that has no weights yet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Plan {
    /// Convolution with bias.
    Conv { kernel: i64, output: i64, scale: Scale },
    /// Batch normalization and LeakyReLU of this slope; with 0 what is negative becomes 0.
    Norm(f64),
    /// LeakyReLU alone.
    LeakyRelu(f64),
}

/// Encoder and decoder.
#[derive(Debug, PartialEq)]
pub(crate) struct Trunk {
    pub(crate) encoder: Vec<Plan>,
    pub(crate) decoder: Vec<Plan>,
    /// Slices that go in.
    pub(crate) input: i64,
    /// Channels between the two.
    pub(crate) features: i64,
    /// Whether a 1x1 convolution reduces the features before a dense code and another one restores them after it.
    pub(crate) pointwise: bool,
    /// Slope of the LeakyReLU after a dense code.
    pub(crate) slope_after_code: Option<f64>,
}

impl Architecture {
    /// The layers, with all channels multiplied by `width`.
    pub(crate) fn trunk(self, width: f64) -> Trunk {
        let scaled = |channels: i64| (channels as f64 * width).round().max(1.0) as i64;
        match self {
            Self::Trunk => mirrored(3, [96, 128, 256, 256].map(scaled), 0.2),
            Self::Bergmann => bergmann([32, 64, 128].map(scaled)),
            Self::Baur => baur([32, 64, 128].map(scaled)),
        }
    }
}

/// A convolution, batch normalization and LeakyReLU.
fn block(kernel: i64, output: i64, scale: Scale, slope: f64) -> [Plan; 2] {
    [Plan::Conv { kernel, output, scale }, Plan::Norm(slope)]
}

fn mirrored(kernel: i64, [a, b, c, d]: [i64; 4], slope: f64) -> Trunk {
    let encoder = [a, b, c, d].map(|output| block(kernel, output, Scale::Half, slope)).concat();
    let mut decoder = [c, b, a].map(|output| block(kernel, output, Scale::Double, slope)).concat();
    decoder.push(Plan::Conv { kernel, output: 1, scale: Scale::Double });
    Trunk { encoder, decoder, input: INPUT, features: d, pointwise: true, slope_after_code: None }
}

fn bergmann([a, b, c]: [i64; 3]) -> Trunk {
    let slope = 0.2;
    let layers = |sizes: &[(i64, i64, Scale)]| -> Vec<Plan> {
        let layer = |&(kernel, output, scale)| [Plan::Conv { kernel, output, scale }, Plan::LeakyRelu(slope)];
        sizes.iter().flat_map(layer).collect()
    };
    let (same, half, double) = (Scale::Same, Scale::Half, Scale::Double);
    let encoder = layers(&[
        (4, a, half),
        (4, a, half),
        (3, a, same),
        (4, b, half),
        (3, b, same),
        (4, c, half),
        (3, b, same),
        (3, a, same),
    ]);
    let mut decoder = layers(&[
        (3, b, same),
        (3, c, same),
        (4, b, double),
        (3, b, same),
        (4, a, double),
        (3, a, same),
        (4, a, double),
    ]);
    decoder.push(Plan::Conv { kernel: 4, output: 1, scale: double });
    Trunk { encoder, decoder, input: INPUT, features: a, pointwise: false, slope_after_code: Some(slope) }
}

fn baur([a, b, c]: [i64; 3]) -> Trunk {
    let slope = 0.3;
    let encoder = [a, b, c, c].map(|output| block(5, output, Scale::Half, slope)).concat();
    let mut decoder = vec![Plan::Norm(0.0)];
    decoder.extend([c, b, a, a].map(|output| block(5, output, Scale::Double, slope)).concat());
    decoder.push(Plan::Conv { kernel: 1, output: 1, scale: Scale::Same });
    Trunk { encoder, decoder, input: INPUT, features: c, pointwise: true, slope_after_code: None }
}
