//! The generator's entrance.

use mri_io::{Grid, Mask, RigidTransform, Volume};

use crate::anatomy::Anatomy;
use crate::bias::BiasField;
use crate::head::Head;
use crate::label_head::LabelHead;
use crate::random::{Purpose, Stream};
use crate::render::{self, Scene};
use crate::scanner::Scanner;
use crate::{LesionKind, PhantomSettings, Result, lesion, pose};

/// Patterns of sulci that the atlas averages.
const ATLAS_HEADS: u64 = 8;

/// A synthetic scan and all that is true about it, on one grid.
#[derive(Clone, Debug)]
pub struct Phantom {
    /// The whole head in T2 contrast, arbitrary units, not negative; fluid has about 1000.
    pub scan: Volume<f32>,
    /// The brain with the fluid in its sulci and ventricles: a smooth hull around the pia, without the
    /// fluid outside it, down to the foramen magnum.
    pub brain_mask: Mask,
    /// [`crate::Tissue`] by number. Under a lesion: the tissue that it grew in.
    pub tissues: Volume<u8>,
    /// 0, or a lesion's label: those of BraTS for a glioma, which [`LesionKind`] names with the others. A glioma and an
    /// infarct are one component (26 neighbours) each.
    pub lesion: Volume<u8>,
    /// Atlas space to scan (world mm): what lies at `x` in the atlas is at `pose(x)` in the scan.
    pub pose: RigidTransform,
}

/// The mean head in canonical pose, the reference of registration.
#[derive(Clone, Debug)]
pub struct Atlas {
    /// The whole head without bias and noise.
    pub volume: Volume<f32>,
    /// The brain, by the same convention as [`Phantom::brain_mask`].
    pub mask: Mask,
}

/// A healthy head: a function of its three arguments and nothing else.
///
/// # Errors
/// If the settings are out of range.
pub fn healthy(settings: &PhantomSettings, seed: u64, subject: u64) -> Result<Phantom> {
    settings.check()?;
    render_subject(&Head::draw(seed, subject), settings, seed, subject, None)
}

/// The same head as [`healthy`] gives for these arguments, with a glioma.
///
/// # Errors
/// If the settings are out of range.
pub fn with_tumour(settings: &PhantomSettings, seed: u64, subject: u64) -> Result<Phantom> {
    with_lesion(settings, seed, subject, LesionKind::Glioma)
}

/// The same head as [`healthy`] gives for these arguments, with a lesion.
///
/// # Errors
/// If the settings are out of range.
pub fn with_lesion(settings: &PhantomSettings, seed: u64, subject: u64, kind: LesionKind) -> Result<Phantom> {
    settings.check()?;
    render_subject(&Head::draw(seed, subject), settings, seed, subject, Some(kind))
}

/// Renders real anatomy: a map of FreeSurfer-style integers, best with the extra-cerebral labels 502 to 530
/// of SynthSeg's training maps. Signals, noise, bias, motion and lesion are drawn as for the other
/// phantoms; [`PhantomSettings::people`] makes a new person of the map. The centre of the map's brain is put where the atlas has its own; the pose is the motion from
/// there, so it holds no account of how the map itself is turned against the atlas.
///
/// # Errors
/// If the settings are out of range, the map holds a label that is not known, or it holds no brain (no
/// white matter or cortex, if a lesion is asked for that grows there).
pub fn from_labels(
    labels: &Volume<u16>,
    settings: &PhantomSettings,
    seed: u64,
    subject: u64,
    lesion: Option<LesionKind>,
) -> Result<Phantom> {
    settings.check()?;
    render_subject(&LabelHead::new(labels, &settings.people, seed, subject)?, settings, seed, subject, lesion)
}

/// Poses a head, lets a lesion grow in it, and scans it.
pub(crate) fn render_subject(
    anatomy: &dyn Anatomy,
    settings: &PhantomSettings,
    seed: u64,
    subject: u64,
    lesion: Option<LesionKind>,
) -> Result<Phantom> {
    let grid = settings.grid()?;
    let stream = |purpose| Stream::new(seed, subject, purpose);
    let pose = pose::draw(settings, &grid, anatomy, &mut stream(Purpose::Pose));
    let lesion =
        lesion.map(|kind| lesion::draw(kind, settings, anatomy, &mut stream(Purpose::Lesion))).transpose()?;
    let scanner = Scanner::draw(settings, &mut stream(Purpose::Scanner));
    let bias = BiasField::draw(scanner.bias, &mut stream(Purpose::Bias));
    let key = stream(Purpose::Noise).next_u64();
    render::scan(&Scene { anatomy, lesion: lesion.as_deref(), pose }, &scanner, &grid, &bias, key)
}

/// The mean anatomy on `grid` (any grid; world coordinates are atlas space): mean shape and signals,
/// averaged over several patterns of sulci, no bias, no noise.
///
/// # Errors
/// If the grid has no voxels.
pub fn atlas(grid: &Grid) -> Result<Atlas> {
    let mut atlas = Atlas::empty(grid)?;
    (0..ATLAS_HEADS).try_for_each(|number| atlas.add(grid, number))?;
    Ok(atlas)
}

/// The same as [`atlas`], or `None` as soon as `go_on` says no; it is asked before each pattern of sulci.
///
/// # Errors
/// If the grid has no voxels.
pub fn atlas_while(grid: &Grid, go_on: impl Fn() -> bool) -> Result<Option<Atlas>> {
    let mut atlas = Atlas::empty(grid)?;
    for number in 0..ATLAS_HEADS {
        if !go_on() {
            return Ok(None);
        }
        atlas.add(grid, number)?;
    }
    Ok(Some(atlas))
}

impl Atlas {
    fn empty(grid: &Grid) -> Result<Self> {
        Ok(Self { volume: Volume::filled(grid, 0.0)?, mask: Mask::filled(grid, false)? })
    }

    /// Adds its share of the head with one pattern of sulci.
    fn add(&mut self, grid: &Grid, number: u64) -> Result<()> {
        let head = Head::mean(number);
        let scene = Scene { anatomy: &head, lesion: None, pose: RigidTransform::identity() };
        let one = scene.render(grid, None)?;
        for (sum, value) in self.volume.as_mut_slice().iter_mut().zip(one.scan.as_slice()) {
            *sum += value / ATLAS_HEADS as f32;
        }
        // The hull has no sulci: it is the same for each pattern.
        self.mask = one.brain_mask;
        Ok(())
    }
}
