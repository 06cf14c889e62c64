//! Voxels in the type that a file stores.

use crate::Volume;

/// A volume of each type.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Voxels {
    Uint8(Volume<u8>),
    Int8(Volume<i8>),
    Int16(Volume<i16>),
    Uint16(Volume<u16>),
    Int32(Volume<i32>),
    Uint32(Volume<u32>),
    Int64(Volume<i64>),
    Uint64(Volume<u64>),
    Float32(Volume<f32>),
    Float64(Volume<f64>),
}
