//! Prefix codes of limited length.

/// The longest code that deflate knows.
const LONGEST: usize = 15;

/// The code of a symbol, in the order in which its bits are written.
#[derive(Clone, Copy, Default)]
pub(super) struct Code {
    pub(super) bits: u16,
    /// 0 for a symbol that does not occur.
    pub(super) length: u8,
}

/// Codes for symbols that occur so often; none is longer than `limit` bits (at most 15). At least two symbols have to
/// occur, and at most 2^`limit`.
pub(super) fn codes(counts: &[u32], limit: usize) -> Vec<Code> {
    let lengths = lengths(counts, limit);
    // The canonical code (RFC 1951, section 3.2.2).
    let of_length = |length: usize| lengths.iter().filter(|&&other| usize::from(other) == length).count();
    let mut next = [0; LONGEST + 1];
    for length in 2..=LONGEST {
        next[length] = (next[length - 1] + of_length(length - 1)) << 1;
    }
    let code = |&length: &u8| {
        if length == 0 {
            return Code::default();
        }
        let next = &mut next[usize::from(length)];
        let bits = (*next as u16).reverse_bits() >> (u16::BITS - u32::from(length));
        *next += 1;
        Code { bits, length }
    };
    lengths.iter().map(code).collect()
}

/// The lengths of the codes: Huffman's, those beyond the limit shortened at the cost of the longest below it.
fn lengths(counts: &[u32], limit: usize) -> Vec<u8> {
    let mut symbols: Vec<_> = (0..counts.len()).filter(|&symbol| counts[symbol] > 0).collect();
    symbols.sort_by_key(|&symbol| counts[symbol]);
    let mut of_length = vec![0_usize; limit + 1];
    for depth in depths(symbols.iter().map(|&symbol| u64::from(counts[symbol]))) {
        of_length[depth.min(limit)] += 1;
    }
    // Kraft's sum, in units of the longest code.
    let sum: usize = (1..=limit).map(|length| of_length[length] << (limit - length)).sum();
    for _ in 1 << limit..sum {
        // A code of full length moves beside one of the longest shorter ones, which becomes a bit longer.
        let shorter = (1..limit).rfind(|&length| of_length[length] > 0).expect("the symbols have room");
        of_length[limit] -= 1;
        of_length[shorter] -= 1;
        of_length[shorter + 1] += 2;
    }
    let mut out = vec![0; counts.len()];
    let mut rarest_last = symbols.into_iter().rev();
    for (length, &many) in of_length.iter().enumerate() {
        rarest_last.by_ref().take(many).for_each(|symbol| out[symbol] = length as u8);
    }
    out
}

/// Depths of the leaves of a Huffman tree whose leaves have these weights, in rising order.
fn depths(weights: impl Iterator<Item = u64>) -> Vec<usize> {
    let mut weights: Vec<u64> = weights.collect();
    let leaves = weights.len();
    let nodes = 2 * leaves - 1;
    let mut parents = vec![0; nodes];
    // Leaves and inner nodes wait in order of their weights, one queue each.
    let (mut leaf, mut inner) = (0, leaves);
    for node in leaves..nodes {
        let mut weight = 0;
        for _ in 0..2 {
            let is_leaf = leaf < leaves && (inner == weights.len() || weights[leaf] <= weights[inner]);
            let child = if is_leaf { &mut leaf } else { &mut inner };
            weight += weights[*child];
            parents[*child] = node;
            *child += 1;
        }
        weights.push(weight);
    }
    let mut depths = vec![0; nodes];
    for node in (0..nodes - 1).rev() {
        depths[node] = depths[parents[node]] + 1;
    }
    depths.truncate(leaves);
    depths
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn counts_of_powers_of_two_have_huffman_codes() {
        let lengths: Vec<_> = codes(&[8, 0, 4, 2, 1, 1], 12).iter().map(|code| code.length).collect();
        assert_eq!(lengths, [1, 0, 2, 3, 4, 4]);
        let bits: Vec<_> = codes(&[8, 0, 4, 2, 1, 1], 12).iter().map(|code| code.bits).collect();
        assert_eq!(bits, [0, 0, 0b01, 0b011, 0b0111, 0b1111]);
    }

    proptest! {
        #[test]
        fn codes_are_complete_and_no_longer_than_the_limit(
            counts in prop::collection::vec(0..1_000_000_u32, 2..286),
            powers in prop::collection::vec(0..24_u32, 286),
        ) {
            // Spread over many magnitudes, so that the limit matters.
            let counts: Vec<_> = counts.iter().zip(powers).map(|(count, power)| (count >> power) + 1).collect();
            for limit in [9, 12, 15] {
                let codes = codes(&counts, limit);
                prop_assert!(codes.iter().all(|code| (1..=limit).contains(&usize::from(code.length))));
                let sum: f64 = codes.iter().map(|code| 0.5_f64.powi(i32::from(code.length))).sum();
                prop_assert_eq!(sum, 1.0);
                let shorter = |a: usize, b: usize| counts[a] <= counts[b] || codes[a].length <= codes[b].length;
                prop_assert!((1..counts.len()).all(|n| shorter(n - 1, n) && shorter(n, n - 1)));
            }
        }
    }
}
