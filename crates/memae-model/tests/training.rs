//! Training as a whole: it learns, it stops and resumes to the same bits, and it refuses what cannot work.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use memae_model::cohort::{Cohort, CohortWriter};
use memae_model::{
    Assessment, BottleneckKind, DeviceChoice, Doubt, Error, MemorySettings, ModelKind, ModelSettings,
    NoiseSettings, Phase, Precision, Progress, Schedule, TrainSettings, TrainedModel, Trainer,
    cuda_available, read_history,
};

const SHAPE: [usize; 3] = [32, 32, 8];

/// A ball whose brightness differs from subject to subject.
fn subject(number: usize) -> (Vec<f32>, Vec<bool>) {
    let mut volume = Vec::new();
    for i in 0..SHAPE[0] {
        for j in 0..SHAPE[1] {
            for k in 0..SHAPE[2] {
                let [x, y, z] = [i as f32 - 15.5, j as f32 - 15.5, 3.0 * (k as f32 - 3.5)];
                let radius = (x * x + y * y + z * z).sqrt();
                volume.push(if radius < 13.0 { 0.3 + 0.04 * number as f32 + 0.02 * radius } else { 0.0 });
            }
        }
    }
    let mask = volume.iter().map(|&value| value > 0.0).collect();
    (volume, mask)
}

fn cohort(folder: &Path, name: &str, subjects: std::ops::Range<usize>) -> Cohort {
    let path = folder.join(name);
    let mut writer = CohortWriter::create(&path, SHAPE).unwrap();
    for number in subjects {
        let (volume, mask) = subject(number);
        writer.push(&format!("subject-{number}"), &volume, &mask).unwrap();
    }
    writer.finish().unwrap();
    Cohort::open(&path).unwrap()
}

struct Setting {
    folder: tempfile::TempDir,
    train: Cohort,
    validation: Cohort,
}

impl Setting {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (train, validation) =
            (cohort(folder.path(), "train", 0..4), cohort(folder.path(), "validation", 4..6));
        Self { folder, train, validation }
    }

    fn trainer(&self, kind: ModelKind, epochs: usize, name: &str) -> memae_model::Result<Trainer<'_>> {
        self.trainer_with(kind, &settings(epochs), name)
    }

    fn trainer_with(
        &self,
        kind: ModelKind,
        train: &TrainSettings,
        name: &str,
    ) -> memae_model::Result<Trainer<'_>> {
        let folder = self.folder.path().join(name);
        Trainer::new(kind, &small(), train, &self.train, &self.validation, folder, DeviceChoice::Cpu)
    }

    fn file(&self, name: &str, file: &str) -> Vec<u8> {
        fs::read(self.folder.path().join(name).join(file)).unwrap()
    }
}

fn small() -> ModelSettings {
    ModelSettings { width: 1.0 / 16.0, code: 8, ..Default::default() }
}

fn settings(epochs: usize) -> TrainSettings {
    TrainSettings { epochs, batch: 8, learning_rate: 1e-3, ..Default::default() }
}

fn go_on(_: Progress<'_>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn every_model_learns() {
    let setting = Setting::new();
    for kind in ModelKind::ALL {
        let outcome = setting.trainer(kind, 6, kind.id()).unwrap().run(&mut go_on).unwrap();
        assert!(outcome.complete && outcome.epochs == 6);
        let history = read_history(setting.folder.path().join(kind.id()).join("metrics.jsonl")).unwrap();
        assert_eq!(history.len(), 6);
        assert!(history[5].train_loss < history[0].train_loss, "{kind:?} does not learn: {history:?}");
        let lowest =
            history.iter().map(|record| record.validation_reconstruction).fold(f64::INFINITY, f64::min);
        assert_eq!(outcome.best_value, lowest);
        assert_eq!(history[0].memory.is_some(), kind.has_memory());
    }
}

#[test]
fn interrupted_training_resumes_to_the_same_bits() {
    let setting = Setting::new();
    let plain = settings(4);
    let changing = TrainSettings { schedule: Schedule::Cosine, average: Some(0.9), ..plain.clone() };
    for (kind, settings) in [(ModelKind::Vae, &plain), (ModelKind::SsimMemAe, &changing)] {
        let [whole, parts] = ["whole", "parts"].map(|name| format!("{}-{name}", kind.id()));
        let trainer = |name: &str| setting.trainer_with(kind, settings, name).unwrap();
        trainer(&whole).run(&mut go_on).unwrap();

        // In the middle of the third epoch, then while the fourth is validated.
        for (stop_epoch, stop_phase) in [(3, Phase::Train), (4, Phase::Validate)] {
            let mut stop = |progress: Progress<'_>| match progress {
                Progress::Step { phase, epoch, step: 2, .. }
                    if (epoch, phase) == (stop_epoch, stop_phase) =>
                {
                    ControlFlow::Break(())
                }
                _ => ControlFlow::Continue(()),
            };
            let outcome = trainer(&parts).run(&mut stop).unwrap();
            assert!(!outcome.complete);
            assert_eq!(outcome.epochs, stop_epoch - 1);
        }
        trainer(&parts).run(&mut go_on).unwrap();

        for file in ["best.safetensors", "last.safetensors"] {
            assert!(setting.file(&whole, file) == setting.file(&parts, file), "{kind:?}: {file} differs");
        }
    }
}

#[test]
fn an_average_changes_what_is_kept_and_not_how_training_goes() {
    let setting = Setting::new();
    let train = |name: &str, average| {
        let settings = TrainSettings { average, ..settings(3) };
        setting.trainer_with(ModelKind::SsimAe, &settings, name).unwrap().run(&mut go_on).unwrap();
        read_history(setting.folder.path().join(name).join("metrics.jsonl")).unwrap()
    };
    let (plain, averaged, last) =
        (train("plain", None), train("average", Some(0.9)), train("last", Some(0.0)));
    for (plain, averaged) in plain.iter().zip(&averaged) {
        assert_eq!(plain.train_loss, averaged.train_loss);
        assert_ne!(plain.validation_reconstruction, averaged.validation_reconstruction);
    }
    // An average that keeps nothing of what was before is the weights themselves.
    for (plain, last) in plain.iter().zip(&last) {
        assert_eq!(plain.validation_reconstruction, last.validation_reconstruction);
    }
}

#[test]
fn the_learning_rate_falls_to_nothing_and_its_end_is_part_of_the_training() {
    let setting = Setting::new();
    let settings = |epochs| TrainSettings { schedule: Schedule::Cosine, ..settings(epochs) };
    let trainer = |epochs| setting.trainer_with(ModelKind::Ae, &settings(epochs), "model");
    trainer(4).unwrap().run(&mut go_on).unwrap();
    let history = read_history(setting.folder.path().join("model/metrics.jsonl")).unwrap();
    let rates: Vec<f64> = history.iter().map(|record| record.learning_rate).collect();
    assert!(rates.windows(2).all(|pair| pair[1] < pair[0]), "{rates:?}");
    assert!(rates[3] < 0.05 * 1e-3 && rates[0] < 1e-3, "{rates:?}");
    let Err(error) = trainer(8) else { panic!("another number of epochs was taken") };
    assert!(error.to_string().contains("other settings"), "{error}");
}

/// `cargo xtask bench model` reads what this prints.
#[test]
fn other_precisions_learn_as_f32_does() {
    let setting = Setting::new();
    let (train, validation) = (&setting.train, &setting.validation);
    for kind in [ModelKind::Ae, ModelKind::SsimMemAe] {
        let loss = |precision: Precision| {
            let settings = TrainSettings { precision, ..settings(6) };
            let folder = setting.folder.path().join(format!("{kind}-{precision:?}"));
            let device = DeviceChoice::Auto;
            let trainer = Trainer::new(kind, &small(), &settings, train, validation, folder, device);
            trainer.unwrap().run(&mut go_on).unwrap().best_value
        };
        let [f32, tf32, bf16] = [Precision::F32, Precision::Tf32, Precision::Bf16].map(loss);
        println!("\nloss|{kind}|{f32:.6}|{tf32:.6}|{bf16:.6}");
        assert!(f32 != bf16 && (bf16 / f32 - 1.0).abs() < 0.1, "{kind}: {f32} in f32, {bf16} in bf16");
        // On the CPU the two are the same.
        assert!(
            if cuda_available() { (tf32 / f32 - 1.0).abs() < 0.1 } else { tf32 == f32 },
            "{kind}: {tf32}"
        );
    }
}

#[test]
fn gpu_learns_as_the_cpu_does() {
    if !cuda_available() {
        println!("skipped: there is no CUDA device");
        return;
    }
    let setting = Setting::new();
    for kind in ModelKind::ALL {
        let cpu = setting.trainer(kind, 3, &format!("{kind}-cpu")).unwrap().run(&mut go_on).unwrap();
        let folder = setting.folder.path().join(format!("{kind}-gpu"));
        let (train, validation) = (&setting.train, &setting.validation);
        let device = DeviceChoice::Cuda(0);
        let gpu = Trainer::new(kind, &small(), &settings(3), train, validation, folder, device).unwrap();
        let gpu = gpu.run(&mut go_on).unwrap();
        assert!((gpu.best_value / cpu.best_value - 1.0).abs() < 0.02, "{kind}: {cpu:?}, {gpu:?}");
    }
}

#[test]
fn training_ends_early_when_patience_runs_out() {
    let setting = Setting::new();
    // Steps so large that validation gets worse soon.
    let settings = TrainSettings { learning_rate: 0.3, patience: Some(1), ..settings(100) };
    let train = || setting.trainer_with(ModelKind::Ae, &settings, "model").unwrap().run(&mut go_on).unwrap();
    let outcome = train();
    assert!(outcome.complete && outcome.epochs < 100, "{outcome:?}");
    assert_eq!(outcome.epochs, outcome.best_epoch + 1);
    assert_eq!(train(), outcome); // and does not go on by itself
}

#[test]
fn the_last_epochs_are_kept_and_one_can_go_back_to_them() {
    let setting = Setting::new();
    let settings = TrainSettings { keep: 2, ..settings(4) };
    let run = || setting.trainer_with(ModelKind::MemAe, &settings, "model").unwrap().run(&mut go_on).unwrap();
    run();
    let folder = setting.folder.path().join("model");
    let mut kept: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("epoch-"))
        .collect();
    kept.sort();
    assert_eq!(kept, ["epoch-3.safetensors", "epoch-4.safetensors"]);

    let last = setting.file("model", "last.safetensors");
    assert!(setting.file("model", "epoch-4.safetensors") == last);
    fs::copy(folder.join("epoch-3.safetensors"), folder.join("last.safetensors")).unwrap();
    run();
    assert!(setting.file("model", "last.safetensors") == last);
}

#[test]
fn what_is_not_finite_stops_training_and_names_the_subjects() {
    let mut setting = Setting::new();
    setting.trainer(ModelKind::Ae, 1, "model").unwrap().run(&mut go_on).unwrap();
    let names = ["best.safetensors", "last.safetensors", "metrics.jsonl"];
    let good = names.map(|name| setting.file("model", name));

    let path = setting.folder.path().join("spoilt");
    let mut writer = CohortWriter::create(&path, SHAPE).unwrap();
    let (mut volume, mask) = subject(0);
    writer.push("fine", &volume, &mask).unwrap();
    // Values whose squares overflow.
    for value in &mut volume {
        *value *= 1e30;
    }
    writer.push("spoilt", &volume, &mask).unwrap();
    writer.finish().unwrap();
    let healthy = std::mem::replace(&mut setting.train, Cohort::open(&path).unwrap());

    let error = setting.trainer(ModelKind::Ae, 3, "model").unwrap().run(&mut go_on).unwrap_err();
    let Error::NotFinite { what: "the loss", epoch: 2, step, subjects } = error else { panic!("{error}") };
    assert!(step >= 1 && subjects.contains(&"spoilt".to_owned()), "step {step}: {subjects:?}");
    assert!(names.map(|name| setting.file("model", name)) == good);

    setting.train = healthy;
    let outcome = setting.trainer(ModelKind::Ae, 3, "model").unwrap().run(&mut go_on).unwrap();
    assert_eq!(outcome.epochs, 3);
}

#[test]
fn a_slice_without_brain_is_reconstructed_as_nothing() {
    let setting = Setting::new();
    setting.trainer(ModelKind::SsimAe, 1, "model").unwrap().run(&mut go_on).unwrap();
    let model = TrainedModel::load(setting.folder.path().join("model"), DeviceChoice::Cpu).unwrap();
    let (mut volume, _) = subject(5);
    let whole = model.reconstruct(&volume, SHAPE).unwrap();
    let nk = SHAPE[2];
    volume.chunks_exact_mut(nk).for_each(|voxels| voxels[..3].fill(0.0));
    let cut = model.reconstruct(&volume, SHAPE).unwrap();
    for (voxels, whole) in cut.chunks_exact(nk).zip(whole.chunks_exact(nk)) {
        assert_eq!(voxels[..3], [0.0; 3]);
        // Slices whose neighbours are as before are drawn as before.
        assert!(voxels[4..].iter().zip(&whole[4..]).all(|(a, b)| (a - b).abs() < 1e-5));
    }
    assert!(cut.chunks_exact(nk).any(|voxels| voxels[3] != 0.0), "the next slice has brain, and is drawn");
}

#[test]
fn a_trained_model_reconstructs_every_slice() {
    let setting = Setting::new();
    setting.trainer(ModelKind::Ae, 2, "ae").unwrap().run(&mut go_on).unwrap();
    let model = TrainedModel::load(setting.folder.path().join("ae"), DeviceChoice::Cpu).unwrap();
    let (volume, _) = subject(5);
    let reconstruction = model.reconstruct(&volume, SHAPE).unwrap();
    assert_eq!(reconstruction.len(), volume.len());
    let range = |values: &[f32]| {
        values.iter().fold([f32::MAX, f32::MIN], |[low, high], value| [low.min(*value), high.max(*value)])
    };
    let ([low, high], [lowest, highest]) = (range(&reconstruction), range(&volume));
    assert!(lowest <= low && low < high && high <= highest, "{low} to {high} is in the range of the scan");
    assert_eq!(reconstruction, model.reconstruct(&volume, SHAPE).unwrap());
    assert!(matches!(model.reconstruct(&volume, [32, 16, 16]), Err(Error::Invalid(_))));
    let asked = model.reconstruct_interruptible(&volume, SHAPE, || Err(Error::Invalid("asked".to_owned())));
    assert!(asked.unwrap_err().to_string().contains("asked"));
}

#[test]
fn the_memory_shows_the_patches_that_address_its_items() {
    let setting = Setting::new();
    setting.trainer(ModelKind::MemAe, 2, "memae").unwrap().run(&mut go_on).unwrap();
    let model = TrainedModel::load(setting.folder.path().join("memae"), DeviceChoice::Cpu).unwrap();
    let items = model.nearest_patches(&setting.train, 3).unwrap();
    assert_eq!(items.len(), 10);
    for patches in &items {
        assert_eq!(patches.len(), 3);
        assert!(patches.windows(2).all(|pair| pair[0].weight >= pair[1].weight));
        let mut subjects: Vec<_> = patches.iter().map(|patch| patch.subject).collect();
        subjects.sort_unstable();
        subjects.dedup();
        assert_eq!(subjects.len(), 3, "one patch of each subject");
        for patch in patches {
            let volume = setting.train.volume(patch.subject);
            let [i, j] = [patch.corner[0] + 5, patch.corner[1] + 7];
            let voxel = volume[(i * SHAPE[1] + j) * SHAPE[2] + patch.slice];
            assert_eq!(patch.pixels[5 * patch.sides[1] + 7], voxel);
        }
    }
    // No patch of any subject gives an item more weight than the first.
    let most: f32 = items[4][0].weight;
    assert!(model.nearest_patches(&setting.train, 4).unwrap()[4].iter().all(|patch| patch.weight <= most));

    setting.trainer(ModelKind::Ae, 1, "ae").unwrap().run(&mut go_on).unwrap();
    let model = TrainedModel::load(setting.folder.path().join("ae"), DeviceChoice::Cpu).unwrap();
    assert!(model.nearest_patches(&setting.train, 3).unwrap().is_empty());
}

#[test]
fn an_assessment_tells_what_was_learned_and_what_is_copied() {
    let setting = Setting::new();
    let never = || -> memae_model::Result<()> { Ok(()) };
    let assess = |kind, model: &ModelSettings, epochs, name: &str| {
        let folder = setting.folder.path().join(name);
        let (train, validation) = (&setting.train, &setting.validation);
        let trainer =
            Trainer::new(kind, model, &settings(epochs), train, validation, &folder, DeviceChoice::Cpu);
        trainer.unwrap().run(&mut go_on).unwrap();
        let trained = TrainedModel::load(&folder, DeviceChoice::Cpu).unwrap();
        let assessment = trained.assess(train, validation, [2.0, 2.0, 6.0], never).unwrap();
        assert_eq!(Assessment::read(&folder).unwrap(), None);
        assessment.write(&folder).unwrap();
        assert_eq!(Assessment::read(&folder).unwrap().as_ref(), Some(&assessment));
        assert_eq!(assessment.validation, trained.validation_loss().unwrap());
        assert!(assessment.blobs.len() >= 4, "{assessment:?}");
        assessment
    };

    // A memory of one item reads the same whatever it is shown.
    let memory = MemorySettings { items: 1, ..Default::default() };
    let one = assess(ModelKind::MemAe, &ModelSettings { memory, ..small() }, 1, "one");
    assert_eq!(one.copied, Some(0.0));
    assert!(!one.has_learned() && !one.copies(), "{one:?}");
    let doubts = one.doubts();
    assert!(matches!(doubts[..], [Doubt::NothingLearned { .. }]), "{doubts:?}");
    assert!(doubts[0].to_string().contains("learned nothing"), "{}", doubts[0]);

    // Black slices are off by the square of each pixel.
    let (mut sum, mut pixels) = (0.0, 0);
    for subject in 0..setting.validation.len() {
        for voxels in setting.validation.volume(subject).chunks_exact(SHAPE[2]) {
            sum += voxels[1..7].iter().map(|value| f64::from(*value).powi(2)).sum::<f64>();
            pixels += 6;
        }
    }
    assert!((one.black / (sum / f64::from(pixels)) - 1.0).abs() < 1e-5, "{} {sum} {pixels}", one.black);
    assert!(one.mean_slice > 0.0 && one.mean_slice < one.black);

    let spatial = ModelSettings { bottleneck: BottleneckKind::Spatial, width: 0.25, ..small() };
    let spatial = assess(ModelKind::Ae, &spatial, 60, "spatial");
    assert!(spatial.copied.unwrap() > 0.2, "{:?}", spatial.copied);
    assert!(spatial.validation < one.validation);
}

/// Weights of a model after two epochs.
fn trained_weights(setting: &Setting, kind: ModelKind, model: &ModelSettings, name: &str) -> Vec<u8> {
    let folder = setting.folder.path().join(name);
    let (train, validation) = (&setting.train, &setting.validation);
    let trainer = Trainer::new(kind, model, &settings(2), train, validation, &folder, DeviceChoice::Cpu);
    trainer.unwrap().run(&mut go_on).unwrap();
    let history = read_history(folder.join("metrics.jsonl")).unwrap();
    assert!(history[0].memory.is_none() && history[0].train_regularization.is_none());
    // Without the header, which holds the settings.
    let file = setting.file(name, "last.safetensors");
    let header = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    file[8 + header..].to_vec()
}

#[test]
fn without_memory_or_without_noise_a_model_is_a_spatial_autoencoder() {
    let setting = Setting::new();
    let off = MemorySettings { enabled: false, ..Default::default() };
    let noise = |sigma| ModelSettings { noise: NoiseSettings { sigma, resolution: 4 }, ..small() };
    let spatial = ModelSettings { bottleneck: BottleneckKind::Spatial, ..small() };
    let expected = trained_weights(&setting, ModelKind::Ae, &spatial, "spatial");
    let train = |kind, model, name| trained_weights(&setting, kind, &model, name);
    assert!(train(ModelKind::MemAe, ModelSettings { memory: off, ..small() }, "off") == expected);
    assert!(train(ModelKind::Dae, noise(0.0), "silent") == expected);
    assert!(train(ModelKind::Dae, noise(0.2), "noisy") != expected);
}

#[test]
fn other_settings_in_the_same_folder_are_refused() {
    let setting = Setting::new();
    setting.trainer(ModelKind::Ae, 1, "model").unwrap().run(&mut go_on).unwrap();
    let Err(error) = setting.trainer(ModelKind::MemAe, 1, "model") else { panic!("it was taken") };
    let message = error.to_string();
    assert!(message.contains("last.safetensors") && message.contains("other settings"), "{message}");
}

#[test]
fn the_full_network_has_the_specified_size() {
    let folder = tempfile::tempdir().unwrap();
    let cohort = cohort(folder.path(), "cohort", 0..1);
    let trainer = Trainer::new(
        ModelKind::MemAe,
        &ModelSettings::default(),
        &TrainSettings::default(),
        &cohort,
        &cohort,
        folder.path().join("model"),
        DeviceChoice::Cpu,
    )
    .unwrap();
    // The trunk's 1,997,761 and ten items of 256 at each of 2 x 2 positions.
    assert_eq!(trainer.parameter_count(), 1_997_761 + 10 * 4 * 256);
}

/// Runs where `MEMAE_PYTHON` names a Python that has torch and safetensors.
#[test]
fn python_reconstructs_the_same() {
    let Some(python) = std::env::var_os("MEMAE_PYTHON") else {
        println!("skipped: MEMAE_PYTHON does not name a Python with torch and safetensors");
        return;
    };
    let setting = Setting::new();
    let (volume, _) = subject(5);
    let bytes: Vec<u8> = volume.iter().flat_map(|value| value.to_le_bytes()).collect();
    let source = setting.folder.path().join("volume.raw");
    fs::write(&source, bytes).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/load_in_python.py");
    for kind in ModelKind::ALL {
        setting.trainer(kind, 2, kind.id()).unwrap().run(&mut go_on).unwrap();
        let checkpoint = setting.folder.path().join(kind.id()).join("best.safetensors");
        let target = setting.folder.path().join("reconstruction.raw");
        let mut command = std::process::Command::new(&python);
        command.arg(&script).args([&checkpoint, &source, &target]).args(SHAPE.map(|n| n.to_string()));
        assert!(command.status().unwrap().success());

        let ours = TrainedModel::load(&checkpoint, DeviceChoice::Cpu).unwrap();
        let ours = ours.reconstruct(&volume, SHAPE).unwrap();
        let theirs = fs::read(&target).unwrap();
        assert_eq!(theirs.len(), 4 * ours.len());
        let theirs = theirs.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()));
        let scale = ours.iter().fold(0.0f32, |scale, value| scale.max(value.abs()));
        let worst = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0f32, f32::max);
        assert!(worst <= 1e-5 * scale, "{kind}: off by {worst:e} at a scale of {scale:e}");
    }
}
