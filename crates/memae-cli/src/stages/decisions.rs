//! Where the paper is silent: what was decided, and why. The one place for it.

use anomaly_eval::{Decision, Outside, PostProcessing, ScopeKind};
use memae_model::{Architecture, Augmentation, BottleneckKind, LossRegion, MemoryPreset, ModelKind, Query};

use crate::config::{Builtin, Config, Data, SyntheticData};
use crate::data::heads::MapSplit;
use crate::run::context::Run;

/// What the results were measured on, for captions.
pub(crate) fn cohort_name(config: &Config) -> String {
    match &config.data {
        Data::Synthetic(data) => format!("{}: synthetic T2 heads (seed {})", config.run.name, data.seed),
        Data::Manifest(data) => format!("{}: {} to {}", config.run.name, data.healthy, data.lesions),
    }
}

/// All decisions in force, in the order of the experiment.
pub(crate) fn in_force(run: &Run) -> Vec<Decision> {
    let config = &run.config;
    [data(run), preprocessing(config), networks(config), training(config), evaluation(config)].concat()
}

fn decision(topic: &str, value: impl Into<String>, reason: &str) -> Decision {
    Decision { topic: topic.to_owned(), value: value.into(), reason: reason.to_owned() }
}

/// A configuration value as it is written in TOML, a single word without its quotes.
fn written(value: &impl serde::Serialize) -> String {
    match toml::Value::try_from(value) {
        Ok(toml::Value::String(word)) => word,
        Ok(value) => value.to_string(),
        Err(error) => error.to_string(),
    }
}

fn data(run: &Run) -> Vec<Decision> {
    let config = &run.config;
    let (train, validation) = config.data.healthy();
    let mut decisions = vec![
        decision(
            "split",
            format!("{train} training, {validation} validation, seed {}", config.data.seed()),
            "drawn at random and written down with a SHA-256 of every input file; the paper says only \"random\"",
        ),
        decision("ground truth", "label > 0", "whole tumour; the paper does not say which labels"),
    ];
    if config.data.is_synthetic() {
        decisions.insert(
            0,
            decision(
                "data",
                "synthetic heads",
                "no real scans were used: nothing here says anything about patients",
            ),
        );
    }
    if let (Data::Synthetic(data), Some(split)) =
        (&config.data, run.heads().and_then(|heads| heads.split.as_ref()))
    {
        decisions.extend(anatomy(data, split));
    }
    decisions
}

/// What heads made of label maps are.
fn anatomy(data: &SyntheticData, split: &MapSplit) -> Vec<Decision> {
    let sides = split.names().map(|(used_for, maps)| format!("{}: {}", used_for.id(), maps.join(", ")));
    let kinds: Vec<_> = data.lesions.iter().map(written).collect();
    vec![
        decision("label maps", sides.join("; "), "assigned by the seed; no map is on two sides of the split"),
        decision("lesions", kinds.join(", "), "drawn into the test heads in turn"),
        decision("people", written(&data.scan.people), "each head is a new person, not a copy of its map"),
    ]
}

fn preprocessing(config: &Config) -> Vec<Decision> {
    let steps = &config.preprocess;
    let reference = match (&config.reference.file, config.builtin_reference()) {
        (Some(path), _) => path.display().to_string(),
        (None, Some(Builtin::Synthetic)) => "synthetic atlas".to_owned(),
        (None, _) => "the built-in T2 brain".to_owned(),
    };
    let [i, j, k] = config.reference.shape;
    let [di, dj, dk] = config.reference.spacing;
    vec![
        decision("skull stripping", "atlas and intensities", "the paper names no tool"),
        decision(
            "registration",
            format!("rigid, by mutual information, to {reference}"),
            "the paper names neither tool nor reference",
        ),
        decision(
            "reference grid",
            format!("{i} x {j} x {k} voxels of {di} x {dj} x {dk} mm"),
            "the paper: 240 x 240 x 155 of 1 mm",
        ),
        decision("interpolation", written(&steps.interpolation), "the paper does not say"),
        decision(
            "normalization",
            format!("{}, over the brain, background 0", written(&steps.normalization)),
            "the paper: min-max, without the voxels that it is over",
        ),
        decision(
            "bias-field correction",
            steps.bias.as_ref().map_or_else(|| "none".to_owned(), |bias| format!("N4, {}", written(bias))),
            "the paper has none",
        ),
    ]
}

fn networks(config: &Config) -> Vec<Decision> {
    let model = &config.model;
    let memory = &model.memory;
    let addressing = match memory.preset {
        _ if !memory.enabled => "none: an ablation",
        MemoryPreset::Paper => "as the paper's formula",
        MemoryPreset::Official => "as the official MemAE code",
        MemoryPreset::Sharp => "sharper than the paper's formula",
    };
    let bottleneck = match model.bottleneck {
        BottleneckKind::Dense => format!("dense, {} numbers", model.code),
        BottleneckKind::Spatial => "spatial".to_owned(),
    };
    let region = match model.loss_region {
        LossRegion::All => "all pixels",
        LossRegion::Brain => "brain pixels",
    };
    let trunk = match model.architecture {
        Architecture::Trunk => "the official MemAE encoder, in two dimensions",
        Architecture::Bergmann => "as Bergmann et al. 2019",
        Architecture::Baur => "as Baur et al. 2021",
    };
    let mut decisions = vec![
        decision("trunk", format!("{trunk}; channels times {}", model.width), "the paper describes none"),
        decision(
            "bottleneck of ae, vae, ssim-ae",
            bottleneck,
            "a code as large as the slice could copy lesions",
        ),
        decision(
            "weight of the VAE's divergence",
            format!("beta = {}", model.beta),
            "the paper does not say",
        ),
        decision(
            "memory addressing",
            format!("{addressing}; one query for {}", query(memory.query)),
            "the paper's formula has one addressing for each sample, and does not say more; with one for each position the \
             decoder gets enough to copy lesions",
        ),
        decision("weight of the entropy", format!("alpha = {}", model.alpha), "the official MemAE code"),
        decision(
            "SSIM loss",
            format!(
                "1 - SSIM, window 11, sigma 1.5, border {}; negative where luminance is",
                written(&model.ssim_border)
            ),
            "the paper's formula, SSIM itself, would be minimized by the least alike; its two factors, both negative, would \
             make the negative of an image as good as the image",
        ),
        decision("loss region", region, "the paper does not say"),
    ];
    if config.run.models.contains(&ModelKind::Dae) {
        decisions.push(decision(
            "noise of dae",
            format!(
                "sigma {} at {1} x {1} points, the same in the three slices; no skip connections",
                model.noise.sigma, model.noise.resolution
            ),
            "Kascenas et al. 2022, but on the trunk of the other models instead of a U-Net; not in the paper",
        ));
    }
    if config.run.models.contains(&ModelKind::BlobDae) {
        decisions.push(decision(
            "blobs of blob-dae",
            format!(
                "{} in a slice on average, the same in the three slices, four in five of them bright, half of them added to \
                 what lies there; absolute error, in which each blob counts as {} pixels; skip connections at each scale",
                model.blobs.number, model.blobs.weight
            ),
            "pasted anomalies are usual in the field (Tan et al. 2022), this form of them is ours; not in the paper",
        ));
    }
    decisions
}

/// What has one query to the memory.
fn query(query: Query) -> String {
    match query {
        Query::Flat => "each slice".to_owned(),
        Query::Position => "each position of the feature map".to_owned(),
        Query::Grid([rows, columns]) => format!("each of {rows} x {columns} blocks of the feature map"),
    }
}

fn training(config: &Config) -> Vec<Decision> {
    let train = &config.train;
    let windows = if train.keep_empty { "kept" } else { "dropped" };
    vec![
        decision("windows without brain", windows, "they teach nothing but zeros; the paper does not say"),
        decision(
            "first and last slice",
            "predicted with the edge slice repeated",
            "so that the whole scan has a map",
        ),
        decision(
            "training",
            format!(
                "{} epochs{}, batch {}, learning rate {} ({}), {}, {}, convolutions in {}, seed {}",
                train.epochs,
                train
                    .patience
                    .map_or_else(String::new, |patience| format!(" (or {patience} without progress)")),
                train.batch,
                train.learning_rate,
                written(&train.schedule),
                train.average.map_or_else(
                    || "no average of weights".to_owned(),
                    |decay| format!("average of weights with decay {decay}")
                ),
                augmentation(train.augment),
                written(&train.precision),
                train.seed
            ),
            "the paper: 150 epochs, batch 32, learning rate 0.0001, and no word of a schedule, an average or of varied scans",
        ),
    ]
}

/// How training scans are varied.
fn augmentation(settings: Augmentation) -> String {
    match settings {
        Augmentation { flip: false, gamma: 0.0 } => "scans as they are".to_owned(),
        Augmentation { flip, gamma } => format!(
            "scans {}raised to a power, whose logarithm has the standard deviation {gamma}",
            if flip { "mirrored in half of the cases and " } else { "" }
        ),
    }
}

fn evaluation(config: &Config) -> Vec<Decision> {
    let evaluate = &config.evaluate;
    let scope = match evaluate.scope {
        ScopeKind::Volume => "each volume by its own range",
        ScopeKind::Slice => "each slice by its own range",
        ScopeKind::Cohort => "all volumes by the range of healthy validation scans",
    };
    let [first, second] = evaluate.protocols.paper_thresholds;
    let [loose, strict] = evaluate.protocols.matched_fpr;
    vec![
        decision(
            "reconstruction",
            "clipped to the range of its scan",
            "the last layer is linear, and the paper says nothing of its range",
        ),
        decision("anomaly map", written(&evaluate.residual), "the paper: \"difference\""),
        match evaluate.outside {
            Outside::Masked => decision(
                "outside the brain",
                "the map is 0",
                "the background of a stripped scan is 0, so no lesion can lie there; the paper does not say",
            ),
            Outside::Kept => decision("outside the brain", "the map is kept", "the paper does not say"),
        },
        decision(
            "normalization of the map",
            scope,
            "the paper: to [0, 1], without the voxels that it is over",
        ),
        decision(
            "thresholds, protocol paper",
            format!("{first} and {second}"),
            "assumed: the paper's are lost",
        ),
        decision(
            "thresholds, protocol matched",
            format!("false-positive rates {loose} and {strict} on healthy validation scans"),
            "the same specificity for each model, chosen without the test set",
        ),
        decision(
            "detected lesion",
            format!(
                "{} % of its voxels above the threshold, 26 neighbours",
                100.0 * evaluate.lesions.overlap
            ),
            "the paper counts voxels only",
        ),
        decision(
            "voxels",
            "all of the grid, and brain only",
            "the paper's specificities fit all voxels only",
        ),
        decision("post-processing", post_processing(&evaluate.post_processing), "the paper has none"),
    ]
}

fn post_processing(steps: &PostProcessing) -> String {
    let mut named = Vec::new();
    if steps.match_quantiles {
        named.push("scan matched to its reconstruction by quantiles".to_owned());
    }
    if let Some(place) = steps.place {
        named.push(format!("calibrated by place over {} mm", place.smooth_mm));
    }
    if steps.smooth_mm > 0.0 {
        named.push(format!("smoothed by {} mm", steps.smooth_mm));
    }
    if steps.median > 1 {
        named.push(format!("median of {0} x {0} x {0} voxels", steps.median));
    }
    if steps.erosion > 0 {
        named.push(format!("brain mask eroded by {} voxels", steps.erosion));
    }
    if steps.border_mm > 0.0 {
        named.push(format!("weights over {} mm at the brain's border", steps.border_mm));
    }
    if steps.smallest_component > 1 {
        named.push(format!("detections below {} voxels removed", steps.smallest_component));
    }
    if named.is_empty() { "none".to_owned() } else { named.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn synthetic_data_is_named_first() {
        let run = Run::new(Config::load(None).unwrap()).unwrap();
        assert_eq!(in_force(&run)[0].value, "synthetic heads");
        assert!(cohort_name(&run.config).contains("synthetic"));
    }

    #[test]
    fn values_come_from_the_configuration() {
        let mut config = Config::load(None).unwrap();
        config.model.alpha = 0.125;
        config.evaluate.scope = ScopeKind::Slice;
        let values: Vec<_> =
            in_force(&Run::new(config).unwrap()).into_iter().map(|decision| decision.value).collect();
        assert!(values.contains(&"alpha = 0.125".to_owned()));
        assert!(values.contains(&"each slice by its own range".to_owned()));
    }
}
