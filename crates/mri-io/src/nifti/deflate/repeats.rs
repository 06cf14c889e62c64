//! Where words repeat.

use std::ops::Range;

use super::Word;

/// How far back (words) deflate can point: 32 KiB.
const WINDOW: usize = 1 << 13;
const HASH_BITS: u32 = 15;

/// Words, then a run.
pub(super) struct Segment {
    /// Number of words before the run.
    pub(super) words: usize,
    /// Number of words of the run; all equal the word before them.
    pub(super) run: usize,
}

/// The repeats in one block.
pub(super) struct Repeats {
    /// The last place of a word with each hash.
    table: Box<[u32; 1 << HASH_BITS]>,
    /// For each word outside runs how many words before it the same word stands, at most 32 KiB; 0 for none.
    pub(super) back: Vec<u16>,
    pub(super) segments: Vec<Segment>,
}

impl Default for Repeats {
    fn default() -> Self {
        let table = vec![0_u32; 1 << HASH_BITS].into_boxed_slice().try_into().expect("an entry for each hash");
        Self { table, back: Vec::new(), segments: Vec::new() }
    }
}

impl Repeats {
    /// Begins a new piece.
    pub(super) fn forget(&mut self) {
        self.table.fill(0);
    }

    /// Finds the repeats of a block; those before it of the same piece are known.
    pub(super) fn find(&mut self, piece: &[Word], block: Range<usize>) {
        self.back.clear();
        self.segments.clear();
        let words = &piece[..block.end];
        let (mut at, mut first) = (block.start, block.start);
        let mut before = at.checked_sub(1).map(|before| words[before]);
        while at < words.len() {
            let word = words[at];
            if before == Some(word) && words.get(at + 1) == Some(&word) {
                let run = run(word, &words[at..]);
                self.segments.push(Segment { words: at - first, run });
                at += run;
                first = at;
                continue;
            }
            let hash = u32::from_le_bytes(word).wrapping_mul(0x9e37_79b1) >> (u32::BITS - HASH_BITS);
            let last = std::mem::replace(&mut self.table[hash as usize], at as u32) as usize;
            let back = at - last;
            self.back.push(if back < WINDOW && words[last] == word { back as u16 } else { 0 });
            before = Some(word);
            at += 1;
        }
        self.segments.push(Segment { words: at - first, run: 0 });
    }
}

/// How many of the first words are this word.
fn run(word: Word, words: &[Word]) -> usize {
    const WIDE: usize = 16;
    let wide = [word; WIDE];
    let blocks = words.chunks_exact(WIDE).take_while(|block| *block == wide.as_slice()).count() * WIDE;
    blocks + words[blocks..].iter().take_while(|&&other| other == word).count()
}
