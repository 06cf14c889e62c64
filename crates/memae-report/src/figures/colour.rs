//! Colours that readers with colour-vision deficiency can tell apart.

/// Line colours for models: the Okabe-Ito palette without its yellow, which is too light for lines.
pub(crate) const MODELS: [&str; 6] = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9"];
/// Line colours for baselines, which are dashed too.
pub(crate) const BASELINES: [&str; 2] = ["#000000", "#7F7F7F"];

/// What becomes of lesions and detections in the viewer, of the same palette: lesion found, false alarm, lesion missed.
pub const OUTCOMES: [&str; 3] = [MODELS[5], MODELS[4], "#F0E442"];

/// Detected voxels.
pub(crate) const DETECTION: [u8; 3] = [225, 20, 20];
/// True outline: cyan stands out from red and from grey for all readers.
pub const OUTLINE: &str = "#00E5FF";

/// Colours of scores at 0, 1/8 ... 1, red, green and blue: knots of matplotlib's "inferno" (public domain, CC0), perceptually
/// uniform and readable in grey.
pub const INFERNO: [[u8; 3]; 9] = [
    [0, 0, 4],
    [32, 12, 74],
    [87, 16, 110],
    [137, 34, 106],
    [188, 55, 84],
    [227, 89, 51],
    [249, 142, 9],
    [249, 203, 53],
    [252, 255, 164],
];

/// Colour of an anomaly score scaled to [0, 1].
pub(crate) fn inferno(value: f32) -> [u8; 3] {
    let position = value.clamp(0.0, 1.0) * (INFERNO.len() - 1) as f32;
    let below = (position as usize).min(INFERNO.len() - 2);
    mix(INFERNO[below], INFERNO[below + 1], position - below as f32)
}

/// Grey of an intensity in [0, 1].
pub(crate) fn grey(value: f32) -> [u8; 3] {
    [(255.0 * value.clamp(0.0, 1.0)).round() as u8; 3]
}

/// `share` of `b` over `a`.
pub(crate) fn mix(a: [u8; 3], b: [u8; 3], share: f32) -> [u8; 3] {
    std::array::from_fn(|channel| {
        (f32::from(a[channel]) * (1.0 - share) + f32::from(b[channel]) * share).round() as u8
    })
}
