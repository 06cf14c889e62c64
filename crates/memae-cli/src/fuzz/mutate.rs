//! Changed copies of files.

use rand::RngExt;
use rand::seq::IndexedRandom;

/// No file is longer.
const LONGEST: usize = 64 << 10;
/// Numbers where types end, in text.
const NUMBERS: [&str; 14] = [
    "0",
    "-1",
    "1e999",
    "nan",
    "NaN",
    "inf",
    "0.5",
    "65536",
    "2147483648",
    "-9223372036854775808",
    "9223372036854775807",
    "18446744073709551616",
    "1e-320",
    "1e18",
];
/// And as bytes, of which any first ones are taken, in either order.
const PATTERNS: [u64; 8] = [
    0,
    u64::MAX,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_8000_8080,
    0x7f80_0000,
    0x7fc0_0000,
    1,
    0x0000_0100_0000_0000,
];

/// A seed with some changes, mostly few.
pub(super) fn mutant(rng: &mut impl RngExt, seeds: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
    let mut bytes = seeds.choose(rng).expect("there are seeds").clone();
    for _ in 0..1 << rng.random_range(0..4_u32) {
        change(rng, &mut bytes, seeds, words);
        bytes.truncate(LONGEST);
    }
    bytes
}

fn change(rng: &mut impl RngExt, bytes: &mut Vec<u8>, seeds: &[Vec<u8>], words: &[&str]) {
    if bytes.is_empty() {
        bytes.push(rng.random());
        return;
    }
    let at = rng.random_range(0..bytes.len());
    let until = (at + rng.random_range(1..64_usize)).min(bytes.len());
    match rng.random_range(0..9_u32) {
        0 => bytes[at] ^= 1 << rng.random_range(0..8_u32),
        1 => bytes[at] = rng.random(),
        2 => bytes.truncate(at),
        3 => drop(bytes.drain(at..until)),
        4 => {
            let part = bytes[at..until].to_vec();
            bytes.splice(at..at, part);
        }
        5 => {
            let other = seeds.choose(rng).expect("there are seeds");
            let from = rng.random_range(0..=other.len());
            let part = &other[from..(from + until - at).min(other.len())];
            bytes.splice(at..until, part.iter().copied());
        }
        6 => {
            let Some(word) = words.choose(rng) else { return };
            bytes.splice(at..at, word.bytes());
        }
        7 => {
            let pattern = PATTERNS.choose(rng).expect("there are patterns");
            let value = if rng.random() { pattern.to_le_bytes() } else { pattern.to_be_bytes() };
            let width = 1 << rng.random_range(0..4_u32);
            let part = if rng.random() { &value[..width] } else { &value[8 - width..] };
            bytes.iter_mut().skip(at).zip(part).for_each(|(byte, new)| *byte = *new);
        }
        _ => another_number(rng, bytes, at),
    }
}

/// Replaces the next number in a text.
fn another_number(rng: &mut impl RngExt, bytes: &mut Vec<u8>, at: usize) {
    let Some(start) = bytes[at..].iter().position(u8::is_ascii_digit).map(|next| at + next) else { return };
    let is_part = |byte: &u8| byte.is_ascii_digit() || b".eE+-".contains(byte);
    let length = bytes[start..].iter().position(|byte| !is_part(byte)).unwrap_or(bytes.len() - start);
    let number = NUMBERS.choose(rng).expect("there are numbers");
    bytes.splice(start..start + length, number.bytes());
}
