//! Volumes as a page holds them: the part around the brain, one byte for each voxel, compressed.

use anyhow::{Context, Result};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use libdeflater::{CompressionLvl, Compressor};
use ndarray::{Array3, ArrayView3, s};
use serde::Serialize;

/// Shades of grey: more than an eye can tell apart beside a scan's noise, and few enough to be compressed well.
pub(super) const SHADES: f32 = 127.0;

/// Part of a grid: every `stride`-th voxel of a box.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Crop {
    /// First voxel along each axis.
    pub(crate) first: [usize; 3],
    pub(crate) shape: [usize; 3],
    pub(crate) stride: usize,
}

/// A volume in the page.
#[derive(Debug, Serialize)]
pub(crate) struct Embedded {
    /// Identifier of its element.
    id: String,
    /// zlib of one byte for each voxel, the last axis fastest; in base64.
    data: String,
}

impl Embedded {
    /// Size in the page.
    pub(super) fn bytes(&self) -> usize {
        self.data.len()
    }
}

impl Crop {
    /// The box around all marked voxels, with so many voxels along each axis beyond them. The whole grid if none is marked.
    pub(crate) fn around(marked: ArrayView3<'_, bool>, margin: [usize; 3]) -> Self {
        let shape = <[usize; 3]>::from(marked.dim());
        let (mut low, mut high) = (shape, [0; 3]);
        for (voxel, _) in marked.indexed_iter().filter(|(_, marked)| **marked) {
            for (axis, at) in <[usize; 3]>::from(voxel).into_iter().enumerate() {
                low[axis] = low[axis].min(at);
                high[axis] = high[axis].max(at + 1);
            }
        }
        if low[0] >= high[0] {
            return Self { first: [0; 3], shape, stride: 1 };
        }
        let first: [usize; 3] = std::array::from_fn(|axis| low[axis].saturating_sub(margin[axis]));
        let shape = std::array::from_fn(|axis| (high[axis] + margin[axis]).min(shape[axis]) - first[axis]);
        Self { first, shape, stride: 1 }
    }

    /// Keeps every second voxel along each axis, or third, ..., so that there are at most `most`; of a crop that has all.
    pub(crate) fn thinned_to(self, most: usize) -> Self {
        let of_stride = |stride| self.shape.map(|side| side.div_ceil(stride));
        let mut stride = 1;
        while of_stride(stride).iter().product::<usize>() > most.max(1) {
            stride += 1;
        }
        Self { shape: of_stride(stride), stride, ..self }
    }

    /// The voxel of the crop that is nearest to one of the grid.
    pub(crate) fn nearest(&self, voxel: [usize; 3]) -> [usize; 3] {
        std::array::from_fn(|axis| {
            let steps = (voxel[axis].saturating_sub(self.first[axis]) + self.stride / 2) / self.stride;
            steps.min(self.shape[axis] - 1)
        })
    }

    /// The part of a volume, as the page's element `id`.
    pub(crate) fn embed(&self, id: String, volume: ArrayView3<'_, u8>) -> Result<Embedded> {
        let [[a0, a1], [b0, b1], [c0, c1]] = std::array::from_fn(|axis| {
            [self.first[axis], self.first[axis] + (self.shape[axis] - 1) * self.stride + 1]
        });
        let step = self.stride;
        let part = volume.slice(s![a0..a1; step, b0..b1; step, c0..c1; step]);
        let bytes: Vec<u8> = part.iter().copied().collect();
        let mut compressor = Compressor::new(CompressionLvl::best());
        let mut packed = vec![0; compressor.zlib_compress_bound(bytes.len())];
        let length = compressor.zlib_compress(&bytes, &mut packed).context("cannot compress a volume")?;
        Ok(Embedded { id, data: BASE64_STANDARD.encode(&packed[..length]) })
    }
}

/// Intensities as shades of grey: `low` is black, `high` is white.
pub(crate) fn shades(volume: ArrayView3<'_, f32>, [low, high]: [f64; 2]) -> Array3<u8> {
    let scale = if high > low { f64::from(SHADES) / (high - low) } else { 0.0 };
    volume.mapv(|value| ((f64::from(value) - low) * scale).round().clamp(0.0, SHADES.into()) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(embedded: &Embedded) -> Vec<u8> {
        let packed = BASE64_STANDARD.decode(&embedded.data).unwrap();
        let mut bytes = vec![0; 1 << 16];
        let length = libdeflater::Decompressor::new().zlib_decompress(&packed, &mut bytes).unwrap();
        bytes.truncate(length);
        bytes
    }

    #[test]
    fn a_crop_holds_the_marked_voxels_and_a_margin_within_the_grid() {
        let mut marked = Array3::from_elem((20, 20, 20), false);
        marked[[1, 10, 12]] = true;
        marked[[4, 10, 19]] = true;
        let crop = Crop::around(marked.view(), [1, 1, 2]);
        assert_eq!((crop.first, crop.shape), ([0, 9, 10], [6, 3, 10]));
        let none = Crop::around(Array3::from_elem((3, 4, 5), false).view(), [1; 3]);
        assert_eq!((none.first, none.shape), ([0, 0, 0], [3, 4, 5]));
    }

    #[test]
    fn embedded_bytes_are_the_voxels_of_the_crop() {
        let volume = Array3::from_shape_fn((6, 6, 6), |(i, j, k)| (36 * i + 6 * j + k) as u8);
        let crop = Crop { first: [1, 2, 3], shape: [4, 3, 3], stride: 1 };
        let all = bytes(&crop.embed(String::new(), volume.view()).unwrap());
        assert_eq!((all.len(), all[0], all[1], all[3], all[9]), (36, 51, 52, 57, 87));
        let thinned = crop.thinned_to(35);
        assert_eq!(
            bytes(&thinned.embed(String::new(), volume.view()).unwrap()),
            [51, 53, 63, 65, 123, 125, 135, 137]
        );
        assert_eq!(thinned.nearest([3, 4, 3]), [1, 1, 0]);
        assert_eq!(thinned.nearest([0, 5, 5]), [0, 1, 1]);
    }

    #[test]
    fn shades_span_the_range() {
        let volume = ndarray::arr3(&[[[-1.0, 0.0, 0.5, 1.0, 2.0]]]);
        assert_eq!(shades(volume.view(), [0.0, 1.0]).as_slice().unwrap(), [0, 0, 64, 127, 127]);
        assert_eq!(shades(volume.view(), [1.0, 1.0]).as_slice().unwrap(), [0; 5]);
    }
}
