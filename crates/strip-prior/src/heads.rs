//! Label maps of heads, and what of each is brain.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use mri_io::Volume;
use mri_io::find::nifti_files;
use mri_io::morphology::{distance_to, largest_component};
use mri_io::nifti::read_labels;
use mri_io::resample::to_canonical;
use mri_phantom::Tissue;
use nalgebra::Vector3;
use ndarray::{Array3, Zip, s};

/// Radius (mm) of the closing that makes the brain's hull of its tissue.
const CLOSING: f32 = 7.0;
/// Width (mm) of the fluid around the pia that counts as brain at most: up to the dura, by the convention of HD-BET.
const RIM: f32 = 4.0;
/// Signed depths are kept in steps of this (mm).
const STEP: f32 = 0.25;
/// The number of fluid outside the ventricles in the maps.
const FLUID: u16 = 24;
/// Extra-cerebral labels begin here.
const EXTRA: u16 = 500;

/// A head on its map's grid, turned to RAS+ order.
pub(crate) struct Head {
    /// Place of each voxel's label in [`Head::labels`].
    pub(crate) classes: Array3<u8>,
    /// The labels of the map, rising; 0 is the first.
    pub(crate) labels: Vec<u16>,
    /// How deep (steps of [`STEP`]) each voxel lies in the brain; negative outside.
    depth: Array3<i8>,
    /// Voxel size (mm).
    pub(crate) spacing: Vector3<f32>,
    /// Middle of the brain (voxels).
    pub(crate) centre: Vector3<f32>,
}

impl Head {
    /// Reads a map, and keeps every `step`-th voxel along each axis: random access is fast where the map is small.
    pub(crate) fn read(path: &Path, step: usize) -> Result<Self> {
        let map = to_canonical(&read_labels(path)?);
        let brain = brain_of(&map);
        ensure!(brain.iter().any(|&inside| inside), "{} has no label of a brain", path.display());
        let mut labels: Vec<u16> = map.as_slice().to_vec();
        labels.push(0);
        labels.sort_unstable();
        labels.dedup();
        for &label in &labels {
            Tissue::of_label(label)
                .with_context(|| format!("{}: label {label} is not known", path.display()))?;
        }
        let place = |label: &u16| labels.binary_search(label).map_or(0, |place| place as u8);
        let spacing = map.affine().spacing();
        let within = distance_to(&brain.mapv(|inside| !inside), spacing);
        let without = distance_to(&brain, spacing);
        let depth = Zip::from(&within)
            .and(&without)
            .map_collect(|&within, &without| ((within - without) / STEP).clamp(-127.0, 127.0) as i8);
        let (mut sum, mut count) = (Vector3::zeros(), 0.0);
        for ((i, j, k), _) in brain.indexed_iter().filter(|(_, inside)| **inside) {
            sum += Vector3::new(i as f64, j as f64, k as f64);
            count += 1.0;
        }
        let every = s![..;step, ..;step, ..;step];
        Ok(Self {
            classes: map.data().slice(every).mapv(|label| place(&label)),
            depth: depth.slice(every).to_owned(),
            spacing: Vector3::from(spacing).cast() * step as f32,
            centre: (sum / (count * step as f64)).cast(),
            labels,
        })
    }

    /// Depth (mm) in the brain at a place (voxels), the nearest voxel's; beyond the map as at its end.
    pub(crate) fn depth(&self, place: &Vector3<f32>) -> f32 {
        let shape: [usize; 3] = self.depth.dim().into();
        let index = [0, 1, 2].map(|axis| place[axis].clamp(0.0, shape[axis] as f32 - 1.001));
        let low = index.map(|value| value as usize);
        let t: [f32; 3] = std::array::from_fn(|axis| index[axis] - low[axis] as f32);
        let mut sum = 0.0;
        for corner in 0..8 {
            let side = |axis: usize| corner >> axis & 1;
            let weight: f32 =
                (0..3).map(|axis| if side(axis) == 1 { t[axis] } else { 1.0 - t[axis] }).product();
            sum += weight * f32::from(self.depth[[low[0] + side(0), low[1] + side(1), low[2] + side(2)]]);
        }
        sum * STEP
    }

    /// Class at a place (voxels); the first, of air, beyond the map.
    pub(crate) fn class(&self, place: &Vector3<f32>) -> u8 {
        let index = place.map(f32::round);
        if index.iter().any(|&value| value < 0.0) {
            return 0;
        }
        self.classes.get([index.x as usize, index.y as usize, index.z as usize]).copied().unwrap_or(0)
    }
}

/// The maps of a folder, in the order of their names.
pub(crate) fn read_all(folder: &Path, step: usize) -> Result<Vec<Head>> {
    let files = nifti_files(folder)?;
    ensure!(!files.is_empty(), "{} has no label maps", folder.display());
    files.iter().map(|file| Head::read(file, step)).collect()
}

/// Tissue, closed over its sulci, with the fluid around it.
fn brain_of(map: &Volume<u16>) -> Array3<bool> {
    let spacing = map.affine().spacing();
    let labels = map.data();
    let tissue = labels.mapv(|label| {
        Tissue::of_label(label).is_some_and(|tissue| tissue.is_brain() || tissue == Tissue::Ventricle)
            && label != FLUID
            && label < EXTRA
    });
    // The maps have strays.
    let tissue = largest_component(&tissue);
    let near = distance_to(&tissue, spacing).mapv(|distance| distance <= CLOSING);
    let depth = distance_to(&near.mapv(|near| !near), spacing);
    let mut brain = Zip::from(&depth)
        .and(&labels)
        .map_collect(|&depth, &label| depth > CLOSING || depth > CLOSING - RIM && label == FLUID);
    brain.zip_mut_with(&tissue, |brain, &tissue| *brain |= tissue);
    brain
}

/// The brain of a map as a mask, on the map's own grid in RAS+ order.
pub(crate) fn truth(path: &Path) -> Result<Volume<u8>> {
    let map = to_canonical(&read_labels(path)?);
    Ok(Volume::new(brain_of(&map).mapv(u8::from), *map.affine())?)
}
