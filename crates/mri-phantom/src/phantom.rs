//! The generator's entrance.

use mri_io::{Grid, Mask, RigidTransform, Volume};

use crate::anatomy::Anatomy;
use crate::bias::BiasField;
use crate::head::Head;
use crate::label_head::LabelHead;
use crate::random::{Purpose, Stream};
use crate::render::{self, Scene};
use crate::scanner::Scanner;
use crate::tumour::Tumour;
use crate::{PhantomSettings, Result, pose};

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
    /// [`crate::Tissue`] by number. Under a tumour: the tissue that it grew in.
    pub tissues: Volume<u8>,
    /// 0, or a tumour's label as in BraTS: [`crate::NECROSIS`], [`crate::OEDEMA`], [`crate::ENHANCING`].
    pub tumour: Volume<u8>,
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
    render_subject(&Head::draw(seed, subject), settings, seed, subject, false)
}

/// The same head as [`healthy`] gives for these arguments, with a tumour.
///
/// # Errors
/// If the settings are out of range.
pub fn with_tumour(settings: &PhantomSettings, seed: u64, subject: u64) -> Result<Phantom> {
    settings.check()?;
    render_subject(&Head::draw(seed, subject), settings, seed, subject, true)
}

/// Renders real anatomy: a map of FreeSurfer-style integers, best with the extra-cerebral labels 502 to 530
/// of SynthSeg's training maps. Signals, noise, bias, motion and tumour are drawn as for the other
/// phantoms; [`PhantomSettings::people`] makes a new person of the map. The centre of the map's brain is put where the atlas has its own; the pose is the motion from
/// there, so it holds no account of how the map itself is turned against the atlas.
///
/// # Errors
/// If the settings are out of range, the map holds a label that is not known, or it holds no brain (no
/// white matter, if a tumour is asked for).
pub fn from_labels(
    labels: &Volume<u16>,
    settings: &PhantomSettings,
    seed: u64,
    subject: u64,
    tumour: bool,
) -> Result<Phantom> {
    settings.check()?;
    render_subject(&LabelHead::new(labels, &settings.people, seed, subject)?, settings, seed, subject, tumour)
}

/// Poses a head, lets a tumour grow in it, and scans it.
pub(crate) fn render_subject(
    anatomy: &dyn Anatomy,
    settings: &PhantomSettings,
    seed: u64,
    subject: u64,
    tumour: bool,
) -> Result<Phantom> {
    let grid = settings.grid()?;
    let stream = |purpose| Stream::new(seed, subject, purpose);
    let pose = pose::draw(settings, &grid, anatomy, &mut stream(Purpose::Pose));
    let tumour = tumour
        .then(|| Tumour::draw(settings, anatomy, anatomy.signals(), &mut stream(Purpose::Tumour)))
        .transpose()?;
    let scanner = Scanner::draw(settings, &mut stream(Purpose::Scanner));
    let bias = BiasField::draw(scanner.bias, &mut stream(Purpose::Bias));
    let key = stream(Purpose::Noise).next_u64();
    render::scan(&Scene { anatomy, tumour: tumour.as_ref(), pose }, &scanner, &grid, &bias, key)
}

/// The mean anatomy on `grid` (any grid; world coordinates are atlas space): mean shape and signals,
/// averaged over several patterns of sulci, no bias, no noise.
///
/// # Errors
/// If the grid has no voxels.
pub fn atlas(grid: &Grid) -> Result<Atlas> {
    let mut volume = Volume::filled(grid, 0.0_f32)?;
    let mut mask = Mask::filled(grid, false)?;
    for number in 0..ATLAS_HEADS {
        let head = Head::mean(number);
        let scene = Scene { anatomy: &head, tumour: None, pose: RigidTransform::identity() };
        let one = scene.render(grid, None)?;
        for (sum, value) in volume.as_mut_slice().iter_mut().zip(one.scan.as_slice()) {
            *sum += value / ATLAS_HEADS as f32;
        }
        // The hull has no sulci: it is the same for each pattern.
        mask = one.brain_mask;
    }
    Ok(Atlas { volume, mask })
}
