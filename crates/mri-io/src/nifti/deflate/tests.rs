//! What was compressed is read again, by two independent decompressors.

use std::io::Read;

use proptest::prelude::*;

use super::*;

/// Inflates by libdeflate and by miniz, whole.
fn inflated(file: &[u8], length: usize) -> Vec<u8> {
    let mut out = vec![0; length];
    let found = libdeflater::Decompressor::new().gzip_decompress(file, &mut out).unwrap();
    assert_eq!(found, length);
    let mut other = Vec::new();
    // One member, and nothing after it.
    let mut decoder = flate2::bufread::GzDecoder::new(file);
    decoder.read_to_end(&mut other).unwrap();
    assert!(decoder.into_inner().is_empty());
    assert!(other == out);
    out
}

fn check(words: &[Word]) -> usize {
    let file = gzip(words);
    assert!(inflated(&file, words.as_flattened().len()) == words.as_flattened());
    file.len()
}

/// Values below `values`, by a congruential generator.
fn noise(length: usize, values: u32) -> Vec<Word> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((u64::from(state) * u64::from(values)) >> 32) as u32
    };
    (0..length).map(|_| next().to_le_bytes()).collect()
}

#[test]
fn words_come_back_over_pieces_and_blocks() {
    for length in [0, 1, 2, 3, BLOCK - 1, BLOCK, BLOCK + 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE + 5] {
        for values in [1, 2, 300, u32::MAX] {
            check(&noise(length, values));
        }
    }
}

#[test]
fn repeats_as_far_back_as_can_be_pointed_to_come_back() {
    for period in [2, 3, 63, 64, 65, 8190, 8191, 8192, 8193, 20_000] {
        let once = noise(period, u32::MAX);
        let words: Vec<_> = once.iter().cycle().take(100_000).copied().collect();
        let length = check(&words);
        // Within the window only the first round costs more than matches.
        assert!(period > 8191 || length < 5 * period + 30_000, "{period}: {length}");
    }
}

#[test]
fn what_is_not_counted_costs_no_more_than_it_has_room_for() {
    let mut words = noise(PIECE, u32::MAX);
    words.iter_mut().step_by(block::COUNTED).for_each(|word| *word = [0; 4]);
    check(&words);
}

#[test]
fn threads_do_not_change_a_bit() {
    let words = noise(5 * PIECE, 1000);
    let run = |threads: usize| {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| gzip(&words))
    };
    assert!(run(1) == run(3));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn runs_repeats_and_noise_in_any_mixture_come_back(
        parts in prop::collection::vec((0..3_usize, 1..700_usize, 1..5000_usize, any::<u32>()), 1..40),
    ) {
        let mut words: Vec<Word> = Vec::new();
        for (kind, length, back, seed) in parts {
            for n in 0..length {
                let word = match kind {
                    0 => seed.to_le_bytes(),
                    1 => words.len().checked_sub(back).map_or([7; 4], |at| words[at]),
                    _ => (seed.wrapping_mul(n as u32 + 1) >> 20).to_le_bytes(),
                };
                words.push(word);
            }
        }
        check(&words);
    }
}
