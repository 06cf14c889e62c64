//! Blocks of a deflate stream with codes of their own.

use super::bits::Bits;
use super::huffman::{Code, codes};
use super::repeats::{Repeats, Segment};
use super::symbols::{Symbol, distance, length};
use super::{BLOCK, Word};

/// One word in so many is counted for the codes: an odd number, for rows have even ones.
pub(super) const COUNTED: usize = 5;
/// Longest codes: so short that the four of a word need one flush.
const LIMIT: usize = 12;
/// Symbols of literals and of lengths that may occur (285 does not), and of distances.
const LITERALS: usize = 285;
const DISTANCES: usize = 30;
const END: usize = 256;
/// Bytes in a word, and the most words that a match has.
const BYTES: usize = size_of::<Word>();
const LONGEST: usize = 64;

/// Bits that are written together, and their number.
#[derive(Clone, Copy, Default)]
struct Piece {
    bits: u64,
    count: u32,
}

impl Piece {
    fn then(self, next: Self) -> Self {
        Self { bits: self.bits | next.bits << self.count, count: self.count + next.count }
    }

    fn write(self, out: &mut Bits) {
        out.add(self.bits, self.count);
        out.flush();
    }
}

impl From<Code> for Piece {
    fn from(code: Code) -> Self {
        Self { bits: u64::from(code.bits), count: u32::from(code.length) }
    }
}

/// Writes blocks; what the last one taught serves the next.
pub(super) struct Blocks {
    bytes: [Piece; 256],
    /// For each number of words of a match.
    lengths: [Piece; LONGEST + 1],
    distances: [Piece; DISTANCES],
}

impl Default for Blocks {
    fn default() -> Self {
        // Guesses, for the choice between words and matches in the first block.
        let of = |count| Piece { bits: 0, count };
        Self { bytes: [of(8); 256], lengths: [of(4); LONGEST + 1], distances: [of(6); DISTANCES] }
    }
}

impl Blocks {
    /// Begins a new piece.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Writes the block of `piece` that begins at `start` and whose repeats these are.
    pub(super) fn write(&mut self, piece: &[Word], start: usize, repeats: &Repeats, out: &mut Bits) {
        out.reserve(BLOCK * BYTES * LIMIT / 8 + 1024);
        let (literals, distances) = self.count(piece, start, repeats);
        let end = self.learn(&literals, &distances, out);
        let (mut at, mut outside) = (start, 0);
        for &Segment { words, run } in &repeats.segments {
            self.write_words(piece, at..at + words, &repeats.back[outside..outside + words], out);
            at += words;
            outside += words;
            for first in (0..run).step_by(LONGEST) {
                self.repeat(LONGEST.min(run - first), 1).write(out);
            }
            at += run;
        }
        end.write(out);
    }

    /// Words outside runs; `back` as in [`Repeats`].
    fn write_words(&self, piece: &[Word], range: std::ops::Range<usize>, back: &[u16], out: &mut Bits) {
        let words = &piece[range.clone()];
        let mut n = 0;
        while n < words.len() {
            let distance = usize::from(back[n]);
            let at = range.start + n;
            let most = LONGEST.min(words.len() - n);
            if distance > 0 && most > 1 && piece[at + 1] == piece[at + 1 - distance] {
                let same = |&more: &usize| piece[at + more] == piece[at + more - distance];
                let length = 2 + (2..most).take_while(same).count();
                self.repeat(length, distance).write(out);
                n += length;
                continue;
            }
            // The cheaper one, chosen without a branch that the processor would guess wrong.
            let word = self.word(words[n]);
            let repeat = self.repeat(1, distance.max(1));
            let is_repeat = distance > 0 && repeat.count < word.count;
            out.add(
                if is_repeat { repeat.bits } else { word.bits },
                if is_repeat { repeat.count } else { word.count },
            );
            out.flush();
            n += 1;
        }
    }

    #[inline]
    fn word(&self, word: Word) -> Piece {
        let [a, b, c, d] = word.map(|byte| self.bytes[usize::from(byte)]);
        a.then(b).then(c.then(d))
    }

    /// So many words as they stand `back` words before.
    #[inline]
    fn repeat(&self, words: usize, back: usize) -> Piece {
        let Symbol { number, extra_bits, extra } = distance(BYTES * back);
        self.lengths[words].then(self.distances[number]).then(Piece { bits: extra, count: extra_bits })
    }

    /// About how often each symbol will occur, at least once, so that each has a code.
    fn count(&self, piece: &[Word], start: usize, repeats: &Repeats) -> ([u32; LITERALS], [u32; DISTANCES]) {
        let mut literals = [1; LITERALS];
        let mut distances = [1; DISTANCES];
        // A table for each byte of a word: an entry that changes twice in a row would be waited for.
        let mut bytes = [[0_u32; 256]; BYTES];
        let mut single = 0;
        let (mut at, mut outside) = (start, 0);
        for &Segment { words, run } in &repeats.segments {
            let back = &repeats.back[outside..outside + words];
            for (&word, &back) in piece[at..at + words].iter().zip(back).step_by(COUNTED) {
                let distance = usize::from(back.max(1));
                let is_repeat = u32::from(back > 0 && self.repeat(1, distance).count < self.word(word).count);
                distances[self::distance(BYTES * distance).number] += is_repeat;
                single += is_repeat;
                for (table, byte) in bytes.iter_mut().zip(word) {
                    table[usize::from(byte)] += 1 - is_repeat;
                }
            }
            at += words + run;
            outside += words;
            if run > 0 {
                distances[distance(BYTES).number] += run.div_ceil(LONGEST) as u32;
                literals[length(BYTES * LONGEST).number] += (run / LONGEST) as u32;
                literals[length(BYTES * (run % LONGEST).max(1)).number] += u32::from(run % LONGEST > 0);
            }
        }
        for table in bytes {
            literals.iter_mut().zip(table).for_each(|(sum, count)| *sum += count);
        }
        literals[length(BYTES).number] += single;
        (literals, distances)
    }

    /// Takes codes for these counts and writes the block's header. The result ends the block.
    fn learn(&mut self, literals: &[u32; LITERALS], distances: &[u32; DISTANCES], out: &mut Bits) -> Piece {
        let (literals, distances) = (codes(literals, LIMIT), codes(distances, LIMIT));
        for (piece, code) in self.bytes.iter_mut().zip(&literals) {
            *piece = (*code).into();
        }
        for (words, piece) in self.lengths.iter_mut().enumerate().skip(1) {
            let Symbol { number, extra_bits, extra } = length(BYTES * words);
            *piece = Piece::from(literals[number]).then(Piece { bits: extra, count: extra_bits });
        }
        for (piece, code) in self.distances.iter_mut().zip(&distances) {
            *piece = (*code).into();
        }
        write_header(&literals, &distances, out);
        literals[END].into()
    }
}

/// Begins a block that is not the last, with these codes (RFC 1951, section 3.2.7).
fn write_header(literals: &[Code], distances: &[Code], out: &mut Bits) {
    /// A length again, 3 to 6 times.
    const AGAIN: usize = 16;
    const AGAIN_AT_MOST: usize = 6;
    const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
    let lengths: Vec<_> = literals.iter().chain(distances).map(|code| usize::from(code.length)).collect();
    let mut symbols: Vec<Symbol> = Vec::new();
    for same in lengths.chunk_by(|a, b| a == b) {
        let plain = Symbol { number: same[0], ..Symbol::default() };
        symbols.push(plain);
        for more in same[1..].chunks(AGAIN_AT_MOST) {
            match more.len() {
                few @ 0..3 => symbols.extend(std::iter::repeat_n(plain, few)),
                many => symbols.push(Symbol { number: AGAIN, extra_bits: 2, extra: many as u64 - 3 }),
            }
        }
    }
    let mut counts = [0; ORDER.len()];
    symbols.iter().for_each(|symbol| counts[symbol.number] += 1);
    let codes = codes(&counts, 7);

    // Not the last block; codes of its own.
    out.add(0b100, 3);
    out.add(literals.len() as u64 - 257, 5);
    out.add(distances.len() as u64 - 1, 5);
    out.add(ORDER.len() as u64 - 4, 4);
    out.flush();
    for symbol in ORDER {
        out.add(u64::from(codes[symbol].length), 3);
        out.flush();
    }
    for Symbol { number, extra_bits, extra } in symbols {
        Piece::from(codes[number]).then(Piece { bits: extra, count: extra_bits }).write(out);
    }
}
