//! Numbers by chance, the same for the same seed.

use sha2::{Digest, Sha256};

/// A stream of numbers.
pub(super) struct Chance {
    seed: u64,
    drawn: u64,
}

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, drawn: 0 }
    }

    /// A whole number from 0 to below `bound`, or 0 if that is 0.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.drawn += 1;
        let hash = Sha256::new().chain_update(self.seed.to_le_bytes()).chain_update(self.drawn.to_le_bytes());
        let bytes = hash.finalize();
        let number = bytes.iter().take(8).fold(0, |number, &byte| number << 8 | u64::from(byte));
        number.checked_rem(bound).unwrap_or(0)
    }
}
