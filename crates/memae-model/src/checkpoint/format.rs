//! What all checkpoint files have in common: the key of their metadata, and numbers as safetensors stores them.

use std::fmt::Display;
use std::path::Path;

use half::f16;
use safetensors::SafeTensors;
use serde_json::Value;

use crate::{Error, Result};

/// The one key of the metadata; a second key would make the order of keys, and so the bytes of the file, change from run to
/// run.
pub(super) const KEY: &str = "memae";

/// The metadata of a checkpoint.
pub(super) fn metadata(path: &Path, bytes: &[u8]) -> Result<Value> {
    let bad = |reason: &dyn Display| not_a_checkpoint(path, reason);
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| bad(&error))?;
    let json = header.metadata().as_ref().and_then(|metadata| metadata.get(KEY));
    let json = json.ok_or_else(|| bad(&format!("no metadata `{KEY}`")))?;
    let value: Value = serde_json::from_str(json).map_err(|error| bad(&error))?;
    if value.is_object() { Ok(value) } else { Err(bad(&format!("metadata `{KEY}` is no object"))) }
}

/// The error for a file that is something else.
pub(super) fn not_a_checkpoint(path: &Path, reason: &dyn Display) -> Error {
    Error::file(path, format!("not a checkpoint of this program: {reason}"))
}

/// Numbers of 32 bits, as safetensors stores them.
pub(super) fn single(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
}

/// Numbers of 16 bits, as safetensors stores them.
pub(super) fn half(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_numbers_of_16_bits() {
        // 1, -2, 65504 (the largest) and 2^-24 (the smallest), from the standard's layout.
        let bytes = [0x00, 0x3c, 0x00, 0xc0, 0xff, 0x7b, 0x01, 0x00];
        assert_eq!(half(&bytes), [1.0, -2.0, 65504.0, 2.0_f32.powi(-24)]);
    }
}
