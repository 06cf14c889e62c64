//! Bits in the order of deflate: the lowest bit of each byte first.

/// Bytes beyond the last bit that [`Bits::flush`] may write to.
const SLACK: usize = 8;

/// Bits that are added in small numbers and flushed to bytes.
#[derive(Default)]
pub(super) struct Bits {
    out: Vec<u8>,
    /// Whole bytes so far.
    length: usize,
    /// Bits that are not yet whole bytes, and their number: below 8 after [`Bits::flush`].
    pending: u64,
    count: u32,
}

impl Bits {
    pub(super) fn clear(&mut self) {
        (self.length, self.pending, self.count) = (0, 0, 0);
    }

    /// Makes room for so many bytes more.
    pub(super) fn reserve(&mut self, bytes: usize) {
        let needed = self.length + bytes + SLACK;
        if self.out.len() < needed {
            self.out.resize(needed, 0);
        }
    }

    /// Adds the lowest `count` bits of `value`, which has no others; at most 56 bits between two flushes.
    #[inline]
    pub(super) fn add(&mut self, value: u64, count: u32) {
        self.pending |= value << self.count;
        self.count += count;
    }

    /// Moves whole bytes out, for which there has to be room.
    #[inline]
    pub(super) fn flush(&mut self) {
        self.out[self.length..self.length + SLACK].copy_from_slice(&self.pending.to_le_bytes());
        let bytes = self.count / 8;
        self.length += bytes as usize;
        self.pending >>= 8 * bytes;
        self.count %= 8;
    }

    /// Adds an empty stored block, after which the stream stands at a whole byte.
    pub(super) fn align(&mut self) {
        self.reserve(SLACK);
        self.add(0, 3);
        self.count = self.count.next_multiple_of(8);
        self.add(0xffff_0000, 32);
        self.flush();
    }

    /// All whole bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.out[..self.length]
    }
}
