//! 253 colours that serve grey pictures with coloured lines: a PNG file of one byte a pixel is half as large as one of
//! three, and no eye sees the difference.

/// Red, green and blue.
pub(super) type Colour = [u8; 3];

/// Levels of grey.
const GREYS: usize = 128;
/// Levels of each channel of a colour.
const LEVELS: usize = 5;
/// Channels that differ by less than this make a grey.
const NEARLY_GREY: u8 = 10;

/// The colours, red, green and blue of one after the other.
pub(super) fn colours() -> Vec<u8> {
    let level = |index: usize, levels: usize| (index as f32 * 255.0 / (levels - 1) as f32).round() as u8;
    let greys = (0..GREYS).flat_map(|index| [level(index, GREYS); 3]);
    let cube = (0..LEVELS.pow(3)).flat_map(|index| {
        [index / LEVELS.pow(2), index / LEVELS % LEVELS, index % LEVELS].map(|index| level(index, LEVELS))
    });
    greys.chain(cube).collect()
}

/// Place of the colour that is nearest to the given one.
pub(super) fn nearest(colour: Colour) -> u8 {
    let [red, green, blue] = colour;
    let nearest = |value: u8, levels: usize| (usize::from(value) * (levels - 1) + 127) / 255;
    let spread = red.max(green).max(blue) - red.min(green).min(blue);
    let place = if spread < NEARLY_GREY {
        nearest(green, GREYS)
    } else {
        let [red, green, blue] = colour.map(|value| nearest(value, LEVELS));
        GREYS + (red * LEVELS + green) * LEVELS + blue
    };
    place as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_is_near_one_of_the_palette() {
        let colours = colours();
        assert!(colours.len() <= 3 * 256);
        for red in 0..=255_u8 {
            for (green, blue) in [(red, red), (176, 0), (255 - red, red / 2)] {
                let colour = [red, green, blue];
                let at = 3 * usize::from(nearest(colour));
                for (&found, wanted) in colours[at..at + 3].iter().zip(colour) {
                    let error = found.abs_diff(wanted);
                    assert!(error <= if red == green && green == blue { 1 } else { 32 }, "{colour:?}");
                }
            }
        }
    }
}
