//! Packages at work on one scan after the other.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anomaly_eval::PlaceCalibration;
use anyhow::{Context, Result, ensure};
use cli_support::progress::say;
use cli_support::{files, interrupt};
use memae_model::TrainedModel;
use mri_io::preprocess::{Preprocessed, Reference, preprocess, preprocess_stripped};
use mri_io::strip::StripSettings;
use mri_io::{Mask, Volume};

use super::arguments::Detect;
use super::findings::Findings;
use super::inputs::{self, Scan};
use super::look;
use super::model::Model;
use super::outputs;
use super::place::BrainBox;
use super::summary::Summary;
use crate::run::stage::Kind;
use crate::stages::package::{About, Package, Source};
use crate::stages::reconstruct;

/// All packages that are used.
pub(super) struct Detector {
    groups: Vec<Group>,
    /// Only one scan at a time is with the networks, which use all processors by themselves.
    networks: Mutex<Vec<TrainedModel>>,
    /// Whether each model's results get a folder of their own.
    several: bool,
    out: PathBuf,
}

/// Packages that ask for the same preprocessing.
struct Group {
    /// Fingerprint of that.
    preprocessing: String,
    reference: Reference,
    brain: BrainBox,
    members: Vec<Member>,
}

/// A package without its network.
struct Member {
    about: About,
    place: Option<PlaceCalibration>,
    note: Model,
    /// Place in [`Detector::networks`].
    network: usize,
    threshold: f32,
}

/// Where a model's results on a scan belong.
struct Target {
    folder: PathBuf,
    /// Fingerprint of what they are made from.
    key: String,
    /// What lies there already, made from the same.
    found: Option<Summary>,
}

impl Detector {
    /// Opens the packages and says what they are.
    ///
    /// # Errors
    /// If one cannot be read, or two cannot be told apart by their paths.
    pub(super) fn open(sources: &[Source], arguments: &Detect) -> Result<Self> {
        let paths: Vec<PathBuf> = sources.iter().map(Source::name).collect();
        let named: Vec<(&Path, String)> =
            paths.iter().map(PathBuf::as_path).zip(sources.iter().map(Source::stem)).collect();
        let names =
            inputs::apart(&named).context("models of the same name cannot be told apart in the results")?;
        let (mut groups, mut networks) = (Vec::new(), Vec::new());
        for (source, name) in sources.iter().zip(names) {
            let package = Package::open(source, arguments.device)?;
            let note = Model::new(name, source, &package);
            say(format!("detect: model {source}: {}", note.line()));
            let Package { about, model, reference, place, preprocessing, .. } = package;
            let threshold = arguments.threshold.score(&about.calibration);
            let member = Member { about, place, note, network: networks.len(), threshold };
            networks.push(model);
            let same = |group: &&mut Group| group.preprocessing == preprocessing;
            if let Some(group) = groups.iter_mut().find(same) {
                group.members.push(member);
            } else {
                let brain = BrainBox::around(reference.mask());
                groups.push(Group { preprocessing, reference, brain, members: vec![member] });
            }
        }
        Ok(Self {
            groups,
            several: networks.len() > 1,
            networks: Mutex::new(networks),
            out: arguments.out.clone(),
        })
    }

    /// What is to be kept in mind of all results, once for models that share it.
    pub(super) fn cautions(&self) -> Vec<String> {
        let members = self.groups.iter().flat_map(|group| &group.members);
        let mut cautions: Vec<String> = members.filter_map(|member| member.note.caution()).collect();
        cautions.dedup();
        cautions
    }

    /// One scan through all models, or what an earlier run found in it.
    pub(super) fn detect(&self, scan: &Scan) -> Result<Vec<Summary>> {
        let plans = self.plan(scan)?;
        if plans.iter().flatten().all(|target| target.found.is_some()) {
            say(format!("detect {}: up to date", scan.name));
            return Ok(plans.into_iter().flatten().filter_map(|target| target.found).collect());
        }
        interrupt::check()?;
        say(format!("detect {}: begins", scan.name));
        let named = || match &scan.mask {
            Some(mask) => format!("{} (mask {})", scan.path.display(), mask.display()),
            None => scan.path.display().to_string(),
        };
        let mask = scan.mask.as_deref().map(brain_mask).transpose()?;
        let looked = look::read(&scan.path)?;
        let mut summaries = Vec::new();
        for (group, plan) in self.groups.iter().zip(plans) {
            let mut prepared = None;
            for (member, mut target) in group.members.iter().zip(plan) {
                if let Some(found) = target.found.take() {
                    summaries.push(found);
                    continue;
                }
                let prepared = match &mut prepared {
                    Some(prepared) => prepared,
                    missing => {
                        let (settings, reference) = (&member.about.preprocess, &group.reference);
                        let usual = settings.strip == StripSettings::default();
                        let prepared = match (&mask, &looked.brain) {
                            (None, Some(brain)) if usual => {
                                preprocess_stripped(&looked.volume, brain, reference, settings)
                            }
                            (mask, _) => preprocess(&looked.volume, mask.as_ref(), reference, settings),
                        };
                        missing.insert(prepared.with_context(named)?)
                    }
                };
                let summary = self
                    .find(scan, &looked.volume, prepared, group, member, &looked.warnings, target)
                    .with_context(named)?;
                summaries.push(summary);
            }
        }
        Ok(summaries)
    }

    /// For each member of each group where its results on a scan belong.
    fn plan(&self, scan: &Scan) -> Result<Vec<Vec<Target>>> {
        let inputs = std::iter::once(&scan.path).chain(&scan.mask);
        let stamps = inputs.map(|path| files::stamp(path)).collect::<Result<Vec<_>>>()?;
        let plan = |member: &Member| {
            let mut folder = self.out.join(&scan.name);
            if self.several {
                folder.push(&member.note.name);
            }
            let package = &member.note.package_sha256;
            let key = files::fingerprint(&(Kind::Detect.revision(), package, member.threshold, &stamps))?;
            let whole = outputs::are_whole(&folder);
            let found = files::read_json::<Summary>(&folder.join(outputs::SUMMARY)).ok();
            let found = found.filter(|found| whole && found.key == key);
            Ok(Target { folder, key, found })
        };
        self.groups.iter().map(|group| group.members.iter().map(plan).collect()).collect()
    }

    /// What one model finds in a prepared scan, written where it belongs.
    fn find(
        &self,
        scan: &Scan,
        volume: &Volume<f32>,
        prepared: &Preprocessed,
        group: &Group,
        member: &Member,
        warnings: &[String],
        Target { folder, key, .. }: Target,
    ) -> Result<Summary> {
        let _whole = interrupt::whole();
        let expected = {
            let networks = self.networks.lock().expect("no holder of this lock panics");
            reconstruct::predict(&networks[member.network], &prepared.volume)?
        };
        interrupt::check()?;
        let findings =
            Findings::of(volume, prepared, expected, &member.about, member.place.as_ref(), member.threshold)?;
        let components = findings.components(&group.brain);
        let file = folder.join(outputs::SUMMARY);
        if file.exists() {
            // It must not stand beside new maps.
            fs_err::remove_file(&file)?;
        }
        let doubts = member.about.doubts.iter().map(|doubt| format!("a doubt about the model: {doubt}"));
        let warnings = [warnings, &prepared.warnings, &doubts.collect::<Vec<_>>()].concat();
        let (about, threshold) = (&member.about, member.threshold);
        let note = member.note.clone();
        let summary = Summary::new(scan, &findings, components, warnings, about, threshold, note, key);
        outputs::write(&findings, &folder, &summary)?;
        files::write_json(&file, &summary)?;
        Ok(summary)
    }
}

/// The brain in a mask that somebody made.
fn brain_mask(path: &Path) -> Result<Mask> {
    let mask = mri_io::nifti::read_mask(path)?;
    ensure!(
        mask.as_slice().contains(&true),
        "{}: the mask is empty: leave it out to have the brain searched for",
        path.display()
    );
    Ok(mask)
}
