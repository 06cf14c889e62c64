//! The two volumes at falling resolution, and where each of them counts.

use super::pyramid::Level;
use super::scan::Scan;
use super::{SPACINGS, region};
use crate::resample::canonical;
use crate::{Error, Mask, Result, Volume};

/// Resolution (mm) from which two masks guide by their shapes.
pub(super) const SHAPES: f64 = 4.0;

/// Content beyond a mask, as a fraction of what is inside, that tells a head from a brain.
const CONTENT_BEYOND_MASK: f64 = 0.2;
/// Largest ratio of the volumes of two shapes that show the same.
const ALIKE: f64 = 1.4;
/// Share of voxels of exactly 0 that tells a volume whose background was cut away.
const CUT_AWAY: f64 = 0.2;

/// A volume at one resolution.
pub(super) struct View {
    pub(super) level: Level,
    /// Where it counts, as a level of 0 and 255 of the same shape; everywhere if `None`.
    pub(super) mask: Option<Level>,
}

impl View {
    /// Where the volume shows something, as a level of 0 and 255: its mask, or what is brighter than the
    /// background.
    pub(super) fn shape(&self) -> Level {
        self.mask.clone().unwrap_or_else(|| region::foreground(&self.level))
    }
}

/// The fixed and the moving volume at all resolutions, finest first.
pub(super) fn views(fixed: Scan<'_>, moving: Scan<'_>) -> Result<[Vec<View>; 2]> {
    // In one order of the axes, so that the storage of the volumes decides nothing.
    let [fixed_mask, moving_mask] = [fixed, moving].map(|scan| scan.mask.map(canonical));
    let [fixed, moving] = [fixed, moving].map(|scan| canonical(scan.volume));
    let mut fixed_views =
        pyramid(&fixed, fixed_mask.as_deref()).map_err(|error| error.of("the fixed volume"))?;
    let mut moving_views =
        pyramid(&moving, moving_mask.as_deref()).map_err(|error| error.of("the moving volume"))?;
    match (fixed_mask, moving_mask) {
        (Some(_), Some(_)) => {}
        (Some(_), None) => look_beyond_mask(&mut fixed_views),
        (None, Some(_)) => look_beyond_mask(&mut moving_views),
        (None, None) => {
            let [fixed_size, moving_size] = [&fixed_views, &moving_views].map(|views| size(views));
            if moving_size > ALIKE * fixed_size {
                ignore_cut_away(&mut fixed_views, &fixed);
            } else if fixed_size > ALIKE * moving_size {
                ignore_cut_away(&mut moving_views, &moving);
            }
        }
    }
    Ok([fixed_views, moving_views])
}

/// Whether two shapes (levels of 0 and 255) are about as large: two brains, or two heads.
pub(super) fn alike(a: &Level, b: &Level) -> bool {
    let (a, b) = (region::volume(a), region::volume(b));
    a.max(b) <= ALIKE * a.min(b)
}

/// Volume (cubic mm) of what is shown.
fn size(views: &[View]) -> f64 {
    region::volume(&views[views.len() - 1].shape())
}

fn pyramid(volume: &Volume<f32>, mask: Option<&Mask>) -> Result<Vec<View>> {
    if volume.shape().contains(&1) {
        return Err(Error::TooFewVoxels { shape: volume.shape(), step: "registration", least: 2 });
    }
    if let Some(mask) = mask {
        mask.check_on(&volume.grid())?;
    }
    let levels = shrunk(&Level::from_volume(volume, mask)?);
    let mut views: Vec<View> = levels.into_iter().map(|level| View { level, mask: None }).collect();
    if let Some(mask) = mask {
        set_mask(&mut views, &Level::from_mask(mask.as_slice().iter().copied(), &mask.grid()));
    }
    Ok(views)
}

/// A level at all resolutions.
fn shrunk(level: &Level) -> Vec<Level> {
    let mut levels = vec![level.shrunk(SPACINGS[0])];
    for &spacing in &SPACINGS[1..] {
        levels.push(levels[levels.len() - 1].shrunk(spacing));
    }
    levels
}

/// Gives a mask at full resolution to the views of a volume.
fn set_mask(views: &mut [View], mask: &Level) {
    for (view, mask) in views.iter_mut().zip(shrunk(mask)) {
        view.mask = Some(mask);
    }
}

/// Drops the only mask at coarse resolution if the volume shows much beyond it: two heads are easier to
/// bring together than a brain and a head.
fn look_beyond_mask(views: &mut [View]) {
    let coarsest = &views[views.len() - 1];
    let Some(mask) = &coarsest.mask else { return };
    let shown = region::foreground(&coarsest.level);
    let beyond = shown.data.iter().zip(&mask.data).filter(|&(&shown, &mask)| shown >= 128 && mask < 128);
    if beyond.count() as f64 > CONTENT_BEYOND_MASK * mask.points().count() as f64 {
        for (view, spacing) in views.iter_mut().zip(SPACINGS) {
            if spacing >= SHAPES {
                view.mask = None;
            }
        }
    }
}

/// Beside a volume that shows more, background of exactly 0 (around a stripped brain, or filled in) is nothing
/// to compare with.
fn ignore_cut_away(views: &mut [View], volume: &Volume<f32>) {
    let voxels = volume.as_slice();
    let cut_away = voxels.iter().filter(|&&value| value == 0.0).count();
    if cut_away as f64 > CUT_AWAY * voxels.len() as f64 {
        set_mask(views, &Level::from_mask(voxels.iter().map(|&value| value != 0.0), &volume.grid()));
    }
}
