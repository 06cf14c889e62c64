//! A head whose anatomy comes from a label map.

use mri_io::Volume;
use nalgebra::{Matrix3, Point3};
use ndarray::{Array3, s};

use crate::anatomy::{Anatomy, BRAIN_CENTRE, Sample};
use crate::distance::distance_to;
use crate::labels::tissue_of;
use crate::noise::{Field, Tile};
use crate::random::{Purpose, Stream};
use crate::sdf::{Vec3, floor, smoothstep};
use crate::tissue::{Signals, Tissue};
use crate::{Error, Result};

/// Radius (mm) of the closing that turns brain tissue into the brain's hull: it fills the sulci.
const CLOSING: f32 = 7.0;
/// Voxels along each side of the blocks in which air is noted.
const BLOCK: usize = 8;

/// A label map in atlas space, centred on its brain.
pub(crate) struct LabelHead {
    tissues: Array3<u8>,
    /// Atlas point (mm) to voxel.
    linear: Matrix3<f32>,
    origin: Vec3,
    /// Distance (mm) to the hull of the brain, in a box of voxels that begins at `hull_start`.
    hull: Array3<f32>,
    hull_start: Vec3,
    /// Blocks of voxels that hold more than air.
    occupied: Array3<bool>,
    signals: Signals,
    grain: Field,
    septa: Field,
}

impl LabelHead {
    pub(crate) fn new(labels: &Volume<u16>, seed: u64, subject: u64) -> Result<Self> {
        let mut unknown = None;
        let tissues = labels.map(|&label| {
            tissue_of(label).unwrap_or_else(|| {
                unknown = unknown.or(Some(label));
                Tissue::Air
            }) as u8
        });
        if let Some(label) = unknown {
            return Err(Error::Labels(format!(
                "label {label} is neither of FreeSurfer's nor one of SynthSeg's 502 to 530: relabel it, or set it to 0"
            )));
        }
        let brain = tissues.data().map(|&tissue| is_in_brain(tissue));
        let spacing = labels.affine().spacing();
        let (hull, start) = hull_distance(&brain, spacing)
            .ok_or_else(|| Error::Labels("the map holds no label of the brain".into()))?;

        let centre = centroid(&brain);
        let to_voxel = labels.affine().inverse();
        let linear = to_voxel.fixed_view::<3, 3>(0, 0).into_owned();
        let shift = labels.affine().voxel_to_world(centre).coords - BRAIN_CENTRE.cast::<f64>();
        let origin = to_voxel.transform_point(&Point3::from(shift)).coords;
        let data = tissues.into_data();
        let mut stream = Stream::new(seed, subject, Purpose::Shape);
        Ok(Self {
            occupied: occupied_blocks(&data),
            tissues: data,
            linear: linear.cast(),
            origin: origin.cast(),
            hull,
            hull_start: Vec3::from(start.map(|index| index as f32)),
            signals: Signals::draw(&mut Stream::new(seed, subject, Purpose::Signal)),
            grain: Field::new(Tile::texture(), 0.45, &mut stream),
            septa: Field::new(Tile::texture(), 2.2, &mut stream),
        })
    }

    #[inline]
    fn to_voxel(&self, point: Vec3) -> Vec3 {
        self.origin + self.linear * point
    }

    /// Texture and fat of what the map calls soft tissue: subcutaneous fat above, muscle with septa of fat
    /// below.
    #[inline]
    fn soft_tissue(&self, point: Vec3) -> f32 {
        let high = smoothstep(-25.0, 15.0, point.z);
        let septum = smoothstep(0.25, 0.05, self.septa.at(point).abs());
        let fat = high.max(0.7 * septum);
        let (muscle, full) = (self.signals.of(Tissue::Muscle), self.signals.of(Tissue::Fat));
        (1.0 - fat) * muscle + 0.85 * fat * full
    }
}

/// Whether a tissue belongs to the brain or fills its ventricles.
fn is_in_brain(tissue: u8) -> bool {
    let tissue = Tissue::ALL[usize::from(tissue)];
    tissue.is_brain() || tissue == Tissue::Ventricle
}

/// Mean voxel index of the true voxels.
fn centroid(mask: &Array3<bool>) -> Point3<f64> {
    let (mut sum, mut count) = (nalgebra::Vector3::zeros(), 0.0);
    for ((i, j, k), _) in mask.indexed_iter().filter(|(_, inside)| **inside) {
        sum += nalgebra::Vector3::new(i as f64, j as f64, k as f64);
        count += 1.0;
    }
    Point3::from(sum / count)
}

/// Signed distance to the closing of the brain, in a box around it, and the first voxel of that box.
fn hull_distance(brain: &Array3<bool>, spacing: [f64; 3]) -> Option<(Array3<f32>, [usize; 3])> {
    let shape: [usize; 3] = brain.dim().into();
    let (mut low, mut high) = (shape, [0; 3]);
    for ((i, j, k), _) in brain.indexed_iter().filter(|(_, inside)| **inside) {
        for (axis, index) in [i, j, k].into_iter().enumerate() {
            low[axis] = low[axis].min(index);
            high[axis] = high[axis].max(index + 1);
        }
    }
    if low == shape {
        return None;
    }
    for axis in 0..3 {
        let margin = (f64::from(CLOSING + 3.0) / spacing[axis]).ceil() as usize;
        low[axis] = low[axis].saturating_sub(margin);
        high[axis] = (high[axis] + margin).min(shape[axis]);
    }
    let part = brain.slice(s![low[0]..high[0], low[1]..high[1], low[2]..high[2]]).to_owned();
    let grown = distance_to(&part, spacing).mapv(|distance| distance > CLOSING);
    Some((distance_to(&grown, spacing).mapv_into(|depth| CLOSING - depth), low))
}

fn occupied_blocks(tissues: &Array3<u8>) -> Array3<bool> {
    let shape: [usize; 3] = tissues.dim().into();
    let mut blocks = Array3::from_elem(shape.map(|n| n.div_ceil(BLOCK)), false);
    for ((i, j, k), _) in tissues.indexed_iter().filter(|&(_, &tissue)| tissue != Tissue::Air as u8) {
        blocks[[i / BLOCK, j / BLOCK, k / BLOCK]] = true;
    }
    blocks
}

/// The eight voxels around a place with their linear weights; those outside the array are left out.
#[inline]
fn neighbours(place: Vec3, shape: (usize, usize, usize)) -> impl Iterator<Item = ([usize; 3], f32)> {
    let whole = place.map(floor);
    let t = place - whole.map(|index| index as f32);
    (0..8).filter_map(move |corner| {
        let side = [corner >> 2 & 1, corner >> 1 & 1, corner & 1];
        let mut index = [0; 3];
        let mut weight = 1.0;
        for axis in 0..3 {
            let at = whole[axis] + side[axis];
            let count = [shape.0, shape.1, shape.2][axis];
            index[axis] = usize::try_from(at).ok().filter(|&at| at < count)?;
            weight *= if side[axis] == 1 { t[axis] } else { 1.0 - t[axis] };
        }
        Some((index, weight))
    })
}

impl Anatomy for LabelHead {
    fn sample(&self, point: Vec3, _footprint: f32) -> Sample {
        let place = self.to_voxel(point);
        let (mut signal, mut white, mut largest, mut tissue) = (0.0, 0.0, 0.0, Tissue::Air);
        for (index, weight) in neighbours(place, self.tissues.dim()) {
            let here = Tissue::ALL[usize::from(self.tissues[index])];
            signal +=
                weight * if here == Tissue::Muscle { self.soft_tissue(point) } else { self.signals.of(here) };
            if here == Tissue::WhiteMatter {
                white += weight;
            }
            if weight > largest {
                (largest, tissue) = (weight, here);
            }
        }
        if signal > 0.0 {
            let coarse = if tissue.is_brain() { 0.02 } else { 0.08 };
            signal *= 1.0 + coarse * self.grain.at(point);
        }
        Sample { signal, tissue, white, hull: self.hull(point) }
    }

    fn hull(&self, point: Vec3) -> f32 {
        let place = self.to_voxel(point) - self.hull_start;
        let (mut sum, mut weights) = (0.0, 0.0);
        for (index, weight) in neighbours(place, self.hull.dim()) {
            sum += weight * self.hull[index];
            weights += weight;
        }
        // Outside the box around the brain all that counts is: outside.
        sum + (1.0 - weights) * CLOSING
    }

    fn is_empty(&self, point: Vec3, radius: f32) -> bool {
        let place = self.to_voxel(point);
        let reach = self.linear.map(f32::abs) * Vec3::repeat(radius) + Vec3::repeat(1.0);
        let shape: [usize; 3] = self.occupied.dim().into();
        let range = [0, 1, 2].map(|axis| {
            let block = |at: f32| (at.max(0.0) as usize / BLOCK).min(shape[axis]);
            block(place[axis] - reach[axis])..(block(place[axis] + reach[axis]) + 1).min(shape[axis])
        });
        let [i, j, k] = range;
        if (place + reach).min() < 0.0 {
            return true;
        }
        !self.occupied.slice(s![i, j, k]).iter().any(|&occupied| occupied)
    }

    fn signals(&self) -> &Signals {
        &self.signals
    }
}
