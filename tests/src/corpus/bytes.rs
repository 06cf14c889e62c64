//! Files byte by byte.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

/// Compressed as gzip does.
pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A folder of the project.
pub(super) fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(path)
}

/// A NIfTI-1 file, little-endian: 348 bytes of header, 4 of extensions, then the voxels (f32).
#[derive(Clone)]
pub(super) struct Nifti(pub(super) Vec<u8>);

impl Nifti {
    /// A ball of 70 mm radius with a grain in the middle of so many voxels of 4 mm, with an affine in the sform.
    pub(super) fn new(side: i16) -> Self {
        let mut bytes = vec![0; 352];
        bytes[344..348].copy_from_slice(b"n+1\0");
        let file = Self(bytes).i32s(0, &[348]).dims(&[3, side, side, side, 1, 1, 1, 1]).kind(16, 32);
        let half = -2.0 * f32::from(side - 1);
        let file = file.f32s(76, &[1.0, 4.0, 4.0, 4.0, 0.0, 0.0, 0.0, 0.0, 352.0, 1.0, 0.0]).i16s(254, &[1]);
        let rows = [4.0, 0.0, 0.0, half, 0.0, 4.0, 0.0, half, 0.0, 0.0, 4.0, half];
        let mut file = file.f32s(280, &rows).i8s(123, &[2]);
        let centre = f32::from(side - 1) / 2.0;
        for at in 0..i32::from(side).pow(3) {
            let side = i32::from(side);
            let place = [at % side, at / side % side, at / side / side].map(|index| index as f32 - centre);
            let radius = 4.0 * place.iter().map(|x| x * x).sum::<f32>().sqrt();
            let grain = (at.wrapping_mul(7919) % 41) as f32;
            let value = if radius < 20.0 {
                400.0
            } else if radius < 70.0 {
                100.0
            } else {
                0.0
            } + grain;
            file.0.extend(value.to_le_bytes());
        }
        file
    }

    fn put<const N: usize>(mut self, at: usize, numbers: impl IntoIterator<Item = [u8; N]>) -> Self {
        for (i, bytes) in numbers.into_iter().enumerate() {
            self.0[at + N * i..][..N].copy_from_slice(&bytes);
        }
        self
    }

    pub(super) fn i8s(self, at: usize, numbers: &[i8]) -> Self {
        self.put(at, numbers.iter().map(|number| number.to_le_bytes()))
    }

    pub(super) fn i16s(self, at: usize, numbers: &[i16]) -> Self {
        self.put(at, numbers.iter().map(|number| number.to_le_bytes()))
    }

    pub(super) fn i32s(self, at: usize, numbers: &[i32]) -> Self {
        self.put(at, numbers.iter().map(|number| number.to_le_bytes()))
    }

    pub(super) fn f32s(self, at: usize, numbers: &[f32]) -> Self {
        self.put(at, numbers.iter().map(|number| number.to_le_bytes()))
    }

    /// The number of axes, and their lengths.
    pub(super) fn dims(self, dims: &[i16]) -> Self {
        self.i16s(40, dims)
    }

    /// Code of the data type and bits of a voxel.
    pub(super) fn kind(self, datatype: i16, bits: i16) -> Self {
        self.i16s(70, &[datatype, bits])
    }

    /// Each voxel's value by a function of that value.
    pub(super) fn values(mut self, change: impl Fn(f32) -> f32) -> Self {
        for voxel in self.0[352..].chunks_exact_mut(4) {
            let value = f32::from_le_bytes(voxel.try_into().unwrap());
            voxel.copy_from_slice(&change(value).to_le_bytes());
        }
        self
    }

    pub(super) fn cut(mut self, length: usize) -> Vec<u8> {
        self.0.truncate(length);
        self.0
    }
}

/// A safetensors file: its header, and what follows.
#[derive(Clone)]
pub(super) struct Tensors {
    pub(super) header: Value,
    pub(super) data: Vec<u8>,
}

impl Tensors {
    /// A package of the program.
    pub(super) fn package() -> Self {
        Self::parse(&fs::read(project("crates/memae-cli/models/ssim-memae.safetensors")).unwrap())
    }

    pub(super) fn parse(bytes: &[u8]) -> Self {
        let (length, rest) = bytes.split_first_chunk::<8>().unwrap();
        let (header, data) = rest.split_at(u64::from_le_bytes(*length) as usize);
        Self { header: serde_json::from_slice(header).unwrap(), data: data.to_vec() }
    }

    /// With other metadata.
    pub(super) fn told(&self, change: impl FnOnce(&mut Value)) -> Self {
        let mut changed = self.clone();
        let mut told = self.metadata();
        change(&mut told);
        changed.header["__metadata__"]["memae"] = Value::String(told.to_string());
        changed
    }

    pub(super) fn metadata(&self) -> Value {
        serde_json::from_str(self.header["__metadata__"]["memae"].as_str().unwrap()).unwrap()
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let header = self.header.to_string();
        [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &self.data].concat()
    }
}
