//! From anatomy to voxels: partial volume, bias field and noise.

use mri_io::{Grid, Mask, RigidTransform, Volume};
use nalgebra::Matrix3;
use ndarray::Array3;
use rayon::prelude::*;

use crate::anatomy::{Anatomy, Sample};
use crate::bias::BiasField;
use crate::connected::{around, specks};
use crate::lesion::Lesion;
use crate::lesion::PLAQUE;
use crate::random::{NormalTable, mix};
use crate::scanner::Scanner;
use crate::sdf::{Vec3, v};
use crate::tissue::Tissue;
use crate::{Phantom, Result};

/// Samples are at most this far apart (mm); a coarser voxel averages several.
const SAMPLE_DISTANCE: f64 = 1.3;
/// One more than the largest label of a lesion.
const LABELS: usize = PLAQUE as usize + 1;
/// Voxels along each side of the bricks in which air is skipped.
const BRICK: usize = 8;

/// A scan to be rendered.
pub(crate) struct Scene<'a> {
    pub(crate) anatomy: &'a dyn Anatomy,
    pub(crate) lesion: Option<&'a dyn Lesion>,
    /// Atlas space to scan.
    pub(crate) pose: RigidTransform,
}

/// What is seen in one voxel before bias and noise.
#[derive(Clone, Copy)]
struct Voxel {
    signal: f32,
    brain: bool,
    tissue: u8,
    lesion: u8,
}

/// Voxel index to atlas space, and where within a voxel the samples lie.
struct Sampler {
    origin: Vec3,
    axes: Matrix3<f32>,
    /// Offsets of the samples from the voxel's centre (mm in atlas space).
    offsets: Vec<Vec3>,
    footprint: f32,
}

impl Sampler {
    fn new(grid: &Grid, slice_thickness: Option<f64>, pose: &RigidTransform) -> Self {
        let to_atlas: nalgebra::Matrix4<f64> = pose.inverse().matrix() * grid.affine.matrix();
        let axes = to_atlas.fixed_view::<3, 3>(0, 0).into_owned();
        let mut extent = grid.affine.spacing();
        let directions = Matrix3::from_fn(|row, column| axes[(row, column)] / extent[column]);
        extent[2] = slice_thickness.unwrap_or(extent[2]);
        let counts = extent.map(|side| (side / SAMPLE_DISTANCE).ceil().max(1.0) as usize);
        let steps = [0, 1, 2].map(|axis| extent[axis] / counts[axis] as f64);
        let mut offsets = Vec::with_capacity(counts.iter().product());
        for i in 0..counts[0] {
            for j in 0..counts[1] {
                for k in 0..counts[2] {
                    let place = |axis: usize, n: usize| (n as f64 + 0.5) * steps[axis] - 0.5 * extent[axis];
                    let offset = directions * nalgebra::Vector3::new(place(0, i), place(1, j), place(2, k));
                    offsets.push(offset.cast::<f32>());
                }
            }
        }
        let origin = to_atlas.fixed_view::<3, 1>(0, 3).into_owned();
        Self {
            origin: origin.cast::<f32>(),
            axes: axes.cast::<f32>(),
            offsets,
            footprint: (steps[0] * steps[1] * steps[2]).cbrt() as f32,
        }
    }

    #[inline]
    fn centre(&self, i: f32, j: f32, k: f32) -> Vec3 {
        self.origin + self.axes * v(i, j, k)
    }

    /// Radius (mm) of a ball that holds a brick with all its samples.
    fn brick_radius(&self) -> f32 {
        let half = 0.5 * (BRICK as f32 - 1.0);
        let reach = self.offsets.iter().map(Vec3::norm).fold(0.0, f32::max);
        let diagonal: f32 = (0..3).map(|axis| self.axes.column(axis).norm_squared()).sum::<f32>().sqrt();
        half * diagonal + reach + self.footprint
    }
}

impl Scene<'_> {
    #[inline]
    fn sample(&self, point: Vec3, footprint: f32) -> (Sample, u8) {
        match self.lesion {
            Some(lesion) => lesion.sample(self.anatomy, point, footprint),
            None => (self.anatomy.sample(point, footprint), 0),
        }
    }

    /// Averages a voxel's samples; labels are those of the majority.
    fn voxel(&self, sampler: &Sampler, centre: Vec3) -> Voxel {
        if let [offset] = sampler.offsets[..] {
            let (sample, lesion) = self.sample(centre + offset, sampler.footprint);
            return Voxel {
                signal: sample.signal,
                brain: sample.hull < 0.0,
                tissue: sample.tissue as u8,
                lesion,
            };
        }
        let (mut signal, mut brain) = (0.0, 0.0);
        let (mut tissues, mut lesions) = ([0_u32; Tissue::ALL.len()], [0_u32; LABELS]);
        for &offset in &sampler.offsets {
            let (sample, label) = self.sample(centre + offset, sampler.footprint);
            signal += sample.signal;
            brain += (0.5 - sample.hull / sampler.footprint).clamp(0.0, 1.0);
            tissues[sample.tissue as usize] += 1;
            lesions[usize::from(label)] += 1;
        }
        let count = sampler.offsets.len() as f32;
        // A voxel is lesion if half of it is, whichever part of the lesion has most.
        let lesion = if 2.0 * (count - lesions[0] as f32) >= count { most(&lesions[1..]) + 1 } else { 0 };
        Voxel { signal: signal / count, brain: 2.0 * brain >= count, tissue: most(&tissues), lesion }
    }

    /// Takes voxels that do not hang together with the rest of a lesion that is one, and what of it is seen in their
    /// neighbours, from truth and scan alike: one lesion is one component on any grid.
    fn remove_specks(&self, sampler: &Sampler, scan: &mut Array3<f32>, labels: &mut Array3<u8>) {
        let Some(lesion) = self.lesion.filter(|lesion| lesion.is_one()) else { return };
        let moved = Moved(lesion);
        let without = Scene { anatomy: self.anatomy, lesion: Some(&moved), pose: self.pose };
        let specks = specks(labels);
        for &voxel in &specks {
            labels[voxel] = 0;
        }
        let shape: [usize; 3] = labels.dim().into();
        for voxel in specks.into_iter().flat_map(|voxel| around(voxel, shape)) {
            // The border of what stays is drawn as it is.
            if around(voxel, shape).all(|near| labels[near] == 0) {
                let [i, j, k] = voxel.map(|index| index as f32);
                scan[voxel] = without.voxel(sampler, sampler.centre(i, j, k)).signal;
            }
        }
    }

    /// The scene on `grid` without bias and noise.
    pub(crate) fn render(&self, grid: &Grid, slice_thickness: Option<f64>) -> Result<Phantom> {
        let sampler = Sampler::new(grid, slice_thickness, &self.pose);
        let [_, nj, nk] = grid.shape;
        let mut scan = Array3::<f32>::zeros(grid.shape);
        let mut brain_mask = Array3::from_elem(grid.shape, false);
        let mut tissues = Array3::<u8>::zeros(grid.shape);
        let mut lesion = Array3::<u8>::zeros(grid.shape);
        let slab = BRICK * nj * nk;
        let radius = sampler.brick_radius();
        let half = 0.5 * (BRICK as f32 - 1.0);
        // One slab of bricks is one task: what it writes depends on nothing but its place.
        let slabs = scan
            .as_slice_mut()
            .into_iter()
            .flat_map(|all| all.chunks_mut(slab))
            .zip(brain_mask.as_slice_mut().into_iter().flat_map(|all| all.chunks_mut(slab)))
            .zip(tissues.as_slice_mut().into_iter().flat_map(|all| all.chunks_mut(slab)))
            .zip(lesion.as_slice_mut().into_iter().flat_map(|all| all.chunks_mut(slab)))
            .enumerate()
            .collect::<Vec<_>>();
        slabs.into_par_iter().for_each(|(number, (((scan, mask), tissues), lesions))| {
            let first = number * BRICK;
            let planes = scan.len() / (nj * nk);
            for j0 in (0..nj).step_by(BRICK) {
                for k0 in (0..nk).step_by(BRICK) {
                    let middle = sampler.centre(first as f32 + half, j0 as f32 + half, k0 as f32 + half);
                    if self.anatomy.is_empty(middle, radius) {
                        continue;
                    }
                    for i in 0..planes {
                        for j in j0..(j0 + BRICK).min(nj) {
                            for k in k0..(k0 + BRICK).min(nk) {
                                let centre = sampler.centre((first + i) as f32, j as f32, k as f32);
                                let voxel = self.voxel(&sampler, centre);
                                let index = (i * nj + j) * nk + k;
                                scan[index] = voxel.signal;
                                mask[index] = voxel.brain;
                                tissues[index] = voxel.tissue;
                                lesions[index] = voxel.lesion;
                            }
                        }
                    }
                }
            }
        });
        self.remove_specks(&sampler, &mut scan, &mut lesion);
        Ok(Phantom {
            scan: Volume::new(scan, grid.affine)?,
            brain_mask: Mask::new(brain_mask, grid.affine)?,
            tissues: Volume::new(tissues, grid.affine)?,
            lesion: Volume::new(lesion, grid.affine)?,
            pose: self.pose,
        })
    }
}

/// A lesion without what it changes of the tissue.
struct Moved<'a>(&'a dyn Lesion);

impl Lesion for Moved<'_> {
    fn sample(&self, anatomy: &dyn Anatomy, point: Vec3, footprint: f32) -> (Sample, u8) {
        (self.0.background(anatomy, point, footprint), 0)
    }
}

/// Index of the largest count, the first of equals.
fn most(counts: &[u32]) -> u8 {
    let mut best = 0;
    for (index, &count) in counts.iter().enumerate() {
        if count > counts[best] {
            best = index;
        }
    }
    best as u8
}

/// Applies the bias field and Rician noise: the magnitude of the signal plus complex Gaussian noise of
/// standard deviation `deviation` in each channel. The noise of a voxel depends on its index and `key`.
pub(crate) fn degrade(scan: &mut Volume<f32>, bias: &BiasField, deviation: f32, key: u64) {
    let [ni, nj, nk] = scan.shape();
    let table = NormalTable::new();
    let unit = |index: usize, count: usize| (2.0 * index as f32 + 1.0) / count as f32 - 1.0;
    scan.as_mut_slice().par_chunks_mut(nj * nk).enumerate().for_each(|(i, plane)| {
        for (j, row) in plane.chunks_mut(nk).enumerate() {
            let [c0, c1, c2] = bias.along(unit(i, ni), unit(j, nj));
            let start = ((i * nj + j) * nk) as u64;
            for (k, voxel) in row.iter_mut().enumerate() {
                let z = unit(k, nk);
                let bits = mix(key ^ mix(start + k as u64));
                let real = *voxel * (c0 + z * (c1 + z * c2)) + deviation * table.deviate(bits as u32);
                let imaginary = deviation * table.deviate((bits >> 32) as u32);
                *voxel = (real * real + imaginary * imaginary).sqrt();
            }
        }
    });
}

/// Renders a scene as `scanner` sees it, with bias and noise.
pub(crate) fn scan(
    scene: &Scene,
    scanner: &Scanner,
    grid: &Grid,
    bias: &BiasField,
    key: u64,
) -> Result<Phantom> {
    let mut phantom = scene.render(grid, scanner.slice_thickness)?;
    scanner.acquire(&mut phantom.scan);
    let fluid = scene.anatomy.signals().of(Tissue::Csf);
    degrade(&mut phantom.scan, bias, scanner.noise as f32 * fluid, key);
    Ok(phantom)
}
