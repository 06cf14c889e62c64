//! The types of voxels.

use std::fmt;

use super::fault::{Fault, Refusal};

/// Type of the voxels in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The names say it.
#[non_exhaustive]
pub enum Datatype {
    Uint8,
    Int8,
    Int16,
    Uint16,
    Int32,
    Uint32,
    Int64,
    Uint64,
    Float32,
    Float64,
}

impl Datatype {
    /// Size of one voxel in bytes.
    pub fn size(self) -> usize {
        match self {
            Self::Uint8 | Self::Int8 => 1,
            Self::Int16 | Self::Uint16 => 2,
            Self::Int32 | Self::Uint32 | Self::Float32 => 4,
            Self::Int64 | Self::Uint64 | Self::Float64 => 8,
        }
    }

    /// Whether it holds numbers that are not whole.
    pub fn is_float(self) -> bool {
        matches!(self, Self::Float32 | Self::Float64)
    }

    /// From the code in the header.
    pub(super) fn from_code(code: i16) -> Result<Self, Refusal> {
        Ok(match code {
            2 => Self::Uint8,
            4 => Self::Int16,
            8 => Self::Int32,
            16 => Self::Float32,
            64 => Self::Float64,
            256 => Self::Int8,
            512 => Self::Uint16,
            768 => Self::Uint32,
            1024 => Self::Int64,
            1280 => Self::Uint64,
            32 | 1792 | 2048 => {
                return Err(Fault::Voxels
                    .because("holds complex numbers: write their magnitude to a file and use that"));
            }
            128 | 2304 => {
                return Err(Fault::Voxels.because("holds colours: convert it to a single intensity first"));
            }
            1 => return Err(Fault::Voxels.because("holds single bits: convert it to uint8 first")),
            1536 => return Err(Fault::Voxels.because("holds 128-bit floats: convert it to float32 first")),
            other => {
                return Err(format!("has the unknown data type code {other}: the header is damaged, copy the file again or make it anew").into());
            }
        })
    }
}

impl Datatype {
    /// All that can be read and written.
    pub const ALL: [Self; 10] = [
        Self::Uint8,
        Self::Int8,
        Self::Uint16,
        Self::Int16,
        Self::Uint32,
        Self::Int32,
        Self::Uint64,
        Self::Int64,
        Self::Float32,
        Self::Float64,
    ];

    /// Its name, as NumPy has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Uint8 => "uint8",
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Uint16 => "uint16",
            Self::Int32 => "int32",
            Self::Uint32 => "uint32",
            Self::Int64 => "int64",
            Self::Uint64 => "uint64",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
        }
    }
}

impl fmt::Display for Datatype {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
