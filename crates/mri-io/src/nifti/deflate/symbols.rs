//! The symbols for lengths and distances (RFC 1951, section 3.2.5).

/// A symbol, and the bits that follow it.
#[derive(Clone, Copy, Default)]
pub(super) struct Symbol {
    pub(super) number: usize,
    /// How many bits follow, and which.
    pub(super) extra_bits: u32,
    pub(super) extra: u64,
}

/// The symbol of a length of 3 to 257 bytes.
pub(super) fn length(bytes: usize) -> Symbol {
    const FIRST: usize = 257;
    let value = bytes - 3;
    if value < 8 {
        return Symbol { number: FIRST + value, ..Symbol::default() };
    }
    let extra_bits = value.ilog2() - 2;
    let number = FIRST + 4 * (extra_bits as usize + 1) + (value >> extra_bits & 3);
    Symbol { number, extra_bits, extra: (value & ((1 << extra_bits) - 1)) as u64 }
}

/// The symbol of a distance of 4 bytes and more.
#[inline]
pub(super) fn distance(bytes: usize) -> Symbol {
    let value = bytes - 1;
    let extra_bits = value.ilog2() - 1;
    let number = 2 * (extra_bits as usize + 1) + (value >> extra_bits & 1);
    Symbol { number, extra_bits, extra: (value & ((1 << extra_bits) - 1)) as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_those_of_the_standard() {
        // Its tables: symbol, extra bits, first value.
        for (number, extra_bits, first) in [
            (257, 0, 3),
            (264, 0, 10),
            (265, 1, 11),
            (268, 1, 17),
            (269, 2, 19),
            (280, 4, 115),
            (284, 5, 227),
        ] {
            for extra in [0, (1 << extra_bits) - 1] {
                let found = length(first + extra);
                assert_eq!((found.number, found.extra_bits, found.extra), (number, extra_bits, extra as u64));
            }
        }
        for (number, extra_bits, first) in
            [(3, 0, 4), (4, 1, 5), (7, 2, 13), (18, 8, 513), (29, 13, 24577), (28, 13, 16385)]
        {
            for extra in [0, (1 << extra_bits) - 1] {
                let found = distance(first + extra);
                assert_eq!((found.number, found.extra_bits, found.extra), (number, extra_bits, extra as u64));
            }
        }
    }
}
