//! Packages at work on one scan after the other.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Context, Result, ensure};
use cli_support::progress::say;
use cli_support::{files, interrupt};
use memae_model::TrainedModel;
use mri_io::preprocess::{Preprocessed, Reference, preprocess, preprocess_stripped};
use mri_io::strip::StripSettings;
use mri_io::{Mask, Volume};

use super::all::Told;
use super::arguments::Detect;
use super::findings::{Findings, View};
use super::inputs::{self, Scan};
use super::look;
use super::method::{Member, Method};
use super::model::Model;
use super::outputs;
use super::place::BrainBox;
use super::summary::Summary;
use crate::run::stage::Kind;
use crate::stages::package::{Package, Source};
use crate::stages::reconstruct;

/// All methods that are used.
pub(super) struct Detector {
    groups: Vec<Group>,
    /// Only one scan at a time is with the networks, which use all processors by themselves.
    networks: Mutex<Vec<TrainedModel>>,
    /// Whether each method's results get a folder of their own.
    several: bool,
    out: PathBuf,
}

/// Methods that ask for the same preprocessing.
struct Group {
    /// Fingerprint of that.
    preprocessing: String,
    reference: Reference,
    brain: BrainBox,
    methods: Vec<Method>,
}

/// Where a method's results on a scan belong.
struct Target {
    folder: PathBuf,
    /// Fingerprint of what they are made from.
    key: String,
    /// What lies there already, made from the same.
    found: Option<Summary>,
}

impl Detector {
    /// Opens the packages of each method and says what they are.
    ///
    /// # Errors
    /// If one cannot be read, two methods cannot be told apart by the paths of their first packages, or the packages of a
    /// method differ in preprocessing.
    pub(super) fn open(methods: &[Vec<Source>], arguments: &Detect) -> Result<Self> {
        let first = || methods.iter().filter_map(|sources| sources.first());
        let paths: Vec<PathBuf> = first().map(Source::name).collect();
        let named: Vec<(&Path, String)> =
            paths.iter().map(PathBuf::as_path).zip(first().map(Source::stem)).collect();
        let names =
            inputs::apart(&named).context("models of the same name cannot be told apart in the results")?;
        let (mut groups, mut networks): (Vec<Group>, Vec<TrainedModel>) = (Vec::new(), Vec::new());
        for (sources, name) in methods.iter().zip(names) {
            let (mut members, mut notes, mut prepared) = (Vec::new(), Vec::new(), None);
            for source in sources {
                let package = Package::open(source, arguments.device)?;
                let own = if notes.is_empty() { name.clone() } else { source.stem() };
                notes.push(Model::new(own, source, &package));
                let Package { about, model, reference, place, preprocessing, .. } = package;
                let (same, _) = prepared.get_or_insert((preprocessing.clone(), reference));
                ensure!(
                    *same == preprocessing,
                    "{source} asks for another preprocessing than {}",
                    sources[0]
                );
                members.push(Member { about, place, network: networks.len() });
                networks.push(model);
            }
            let (preprocessing, reference) = prepared.context("a method has a model")?;
            let note = Model::together(notes).context("a method has a model")?;
            let sources: Vec<String> = sources.iter().map(Source::to_string).collect();
            say(format!("detect: model {}: {}", sources.join(" with "), note.line()));
            let method = Method::new(members, note, arguments.threshold);
            if let Some(group) = groups.iter_mut().find(|group| group.preprocessing == preprocessing) {
                group.methods.push(method);
            } else {
                let brain = BrainBox::around(reference.mask());
                groups.push(Group { preprocessing, reference, brain, methods: vec![method] });
            }
        }
        Ok(Self {
            groups,
            several: methods.len() > 1,
            networks: Mutex::new(networks),
            out: arguments.out.clone(),
        })
    }

    /// What is to be kept in mind of all results, once for models that share it.
    pub(super) fn cautions(&self) -> Vec<String> {
        let methods = self.groups.iter().flat_map(|group| &group.methods);
        let mut cautions: Vec<String> = methods.filter_map(|method| method.note.caution()).collect();
        cautions.dedup();
        cautions
    }

    /// One scan through all methods, or what an earlier run found in it.
    pub(super) fn detect(&self, scan: &Scan) -> Result<Vec<Told>> {
        let plans = self.plan(scan)?;
        if plans.iter().flatten().all(|target| target.found.is_some()) {
            say(format!("detect {}: up to date", scan.name));
            let told = |target: Target| Some(Told::of(target.found?, &target.folder));
            return Ok(plans.into_iter().flatten().filter_map(told).collect());
        }
        interrupt::check()?;
        say(format!("detect {}: begins", scan.name));
        let named = || match &scan.mask {
            Some(mask) => format!("{} (mask {})", scan.path.display(), mask.display()),
            None => scan.path.display().to_string(),
        };
        let mask = scan.mask.as_deref().map(brain_mask).transpose()?;
        let looked = look::read(&scan.path)?;
        let mut told = Vec::new();
        for (group, plan) in self.groups.iter().zip(plans) {
            let mut prepared = None;
            for (method, mut target) in group.methods.iter().zip(plan) {
                if let Some(found) = target.found.take() {
                    told.push(Told::of(found, &target.folder));
                    continue;
                }
                let prepared = match &mut prepared {
                    Some(prepared) => prepared,
                    missing => {
                        let (mut settings, reference) =
                            (method.members[0].about.preprocess.clone(), &group.reference);
                        settings.strip.skull = scan.skull.unwrap_or(settings.strip.skull);
                        let usual = settings.strip == StripSettings::default();
                        let prepared = match (&mask, &looked.brain) {
                            (None, Some(brain)) if usual => {
                                preprocess_stripped(&looked.volume, brain, reference, &settings)
                            }
                            (mask, _) => preprocess(&looked.volume, mask.as_ref(), reference, &settings),
                        };
                        missing.insert(prepared.with_context(named)?)
                    }
                };
                let folder = target.folder.clone();
                let summary = self
                    .find(scan, &looked.volume, prepared, group, method, &looked.warnings, target)
                    .with_context(named)?;
                told.push(Told::of(summary, &folder));
            }
        }
        Ok(told)
    }

    /// For each method of each group where its results on a scan belong.
    fn plan(&self, scan: &Scan) -> Result<Vec<Vec<Target>>> {
        let inputs = std::iter::once(&scan.path).chain(&scan.mask);
        let stamps = inputs.map(|path| files::stamp(path)).collect::<Result<Vec<_>>>()?;
        let plan = |method: &Method| {
            let mut folder = self.out.join(&scan.name);
            if self.several {
                folder.push(&method.note.name);
            }
            let packages = method.note.packages();
            let key = files::fingerprint(&(
                Kind::Detect.revision(),
                packages,
                method.threshold,
                scan.skull,
                &stamps,
            ))?;
            let whole = outputs::are_whole(&folder);
            let found = files::read_json::<Summary>(&folder.join(outputs::SUMMARY)).ok();
            let found = found.filter(|found| whole && found.key == key);
            Ok(Target { folder, key, found })
        };
        self.groups.iter().map(|group| group.methods.iter().map(plan).collect()).collect()
    }

    /// What a method finds in a prepared scan, written where it belongs.
    fn find(
        &self,
        scan: &Scan,
        volume: &Volume<f32>,
        prepared: &Preprocessed,
        group: &Group,
        method: &Method,
        warnings: &[String],
        Target { folder, key, .. }: Target,
    ) -> Result<Summary> {
        let _whole = interrupt::whole();
        let mut views = Vec::new();
        for Member { about, place, network } in &method.members {
            let expected = {
                let networks = self.networks.lock().expect("no holder of this lock panics");
                reconstruct::predict(&networks[*network], &prepared.volume)?
            };
            interrupt::check()?;
            views.push(View { expected, about, place: place.as_ref() });
        }
        let findings = Findings::of(volume, prepared, views, &method.calibration, method.threshold)?;
        let components = findings.components(&group.brain);
        let file = folder.join(outputs::SUMMARY);
        if file.exists() {
            // It must not stand beside new maps.
            fs_err::remove_file(&file)?;
        }
        let warnings = [warnings, &prepared.warnings, &method.doubts()].concat();
        let summary = Summary::new(scan, &findings, components, warnings, method, key);
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
