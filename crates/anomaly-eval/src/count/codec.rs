//! Compact bytes of a [`ScoreHistogram`], to keep those of many subjects in memory or in a file.
//!
//! Format: the marker `AEH1`, the number of splits and the splits as little-endian f32, then for each cell that is not
//! zero the number of zero cells before it and its count, both as LEB128 integers. A head of 9 million voxels takes
//! about 0.3 MB.

use std::sync::Arc;

use crate::{Binning, Error, Result, ScoreHistogram};

const MARKER: &[u8; 4] = b"AEH1";

impl ScoreHistogram {
    /// The histogram as compact bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let splits = self.binning.splits();
        let mut bytes = MARKER.to_vec();
        push_integer(&mut bytes, splits.len() as u64);
        bytes.extend(splits.iter().flat_map(|split| split.to_le_bytes()));
        let mut zeros = 0;
        for count in self.cells.as_flattened() {
            if *count == 0 {
                zeros += 1;
                continue;
            }
            push_integer(&mut bytes, zeros);
            push_integer(&mut bytes, *count);
            zeros = 0;
        }
        bytes
    }

    /// Reads what [`ScoreHistogram::to_bytes`] made.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the bytes are damaged, or the histogram was made for other thresholds than `binning`.
    pub fn from_bytes(binning: Arc<Binning>, bytes: &[u8]) -> Result<Self> {
        let damaged =
            || Error::invalid("the bytes are no score histogram, or damaged: evaluate the subject again");
        let mut rest = bytes.strip_prefix(MARKER).ok_or_else(damaged)?;
        let splits = take_integer(&mut rest).ok_or_else(damaged)?;
        let expected: Vec<u8> = binning.splits().iter().flat_map(|split| split.to_le_bytes()).collect();
        if splits != binning.splits().len() as u64 || !rest.starts_with(&expected) {
            return Err(Error::invalid(
                "the score histogram was made for other thresholds: evaluate the subject again",
            ));
        }
        rest = &rest[expected.len()..];

        let mut histogram = Self::new(binning);
        let mut cells = histogram.cells.as_flattened_mut().iter_mut();
        while !rest.is_empty() {
            let zeros = take_integer(&mut rest).ok_or_else(damaged)?;
            let count = take_integer(&mut rest).ok_or_else(damaged)?;
            let zeros = usize::try_from(zeros).map_err(|_| damaged())?;
            *cells.nth(zeros).ok_or_else(damaged)? = count;
        }
        Ok(histogram)
    }
}

/// Appends an unsigned LEB128 integer: seven bits a byte, low bits first, the top bit set on all but the last.
fn push_integer(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// Takes an unsigned LEB128 integer from the front; `None` if there is none that fits 64 bits.
fn take_integer(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let part = u64::from(byte & 0x7F);
        if part << shift >> shift != part {
            return None;
        }
        value |= part << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_any_size_come_back() {
        for value in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            let mut bytes = Vec::new();
            push_integer(&mut bytes, value);
            let mut rest = &bytes[..];
            assert_eq!(take_integer(&mut rest), Some(value));
            assert!(rest.is_empty());
            assert_eq!(take_integer(&mut &bytes[..bytes.len() - 1]), None);
        }
        assert_eq!(take_integer(&mut &[0xFF; 10][..]), None);
    }

    #[test]
    fn histograms_come_back_and_damage_is_named() {
        let binning = Binning::new(&[0.1, 0.2]).unwrap();
        let mut histogram = ScoreHistogram::new(binning.clone());
        let scores: Vec<f32> = (0..1000).map(|i| i as f32 / 999.0).collect();
        let lesion: Vec<bool> = (0..1000).map(|i| i % 7 == 0).collect();
        let brain: Vec<bool> = (0..1000).map(|i| i % 2 == 0).collect();
        histogram.add(&scores, Some(&lesion), &brain).unwrap();
        let bytes = histogram.to_bytes();
        assert_eq!(ScoreHistogram::from_bytes(binning.clone(), &bytes).unwrap(), histogram);

        let read = |bytes: &[u8]| ScoreHistogram::from_bytes(binning.clone(), bytes);
        assert!(read(b"").is_err() && read(b"AEH1").is_err() && read(b"text").is_err());
        assert!(read(&bytes[..bytes.len() - 1]).is_err());
        assert!(read(&[&bytes[..], &[0xFF, 0xFF, 0xFF, 0x01, 1]].concat()).is_err());
        for thresholds in [&[0.3][..], &[0.1], &[0.1, 0.3]] {
            let other = ScoreHistogram::from_bytes(Binning::new(thresholds).unwrap(), &bytes);
            assert!(other.unwrap_err().to_string().contains("other thresholds"), "{thresholds:?}");
        }
    }
}
