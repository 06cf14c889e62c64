//! What a file says of its values: to viewers, and to programs that treat labels otherwise than measurements.

use super::fields::NIFTI1_LENGTH;
use super::intent::Intent;

/// What is written beside the voxels and their place ([`crate::nifti::write_with`]). [`Meaning::default`] says nothing.
///
/// Programs use of it what they like. niivue opens a volume in its range, and draws an overlay only above the low end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Meaning {
    /// What kind of values they are.
    pub intent: Intent,
    /// `descrip`: free text, of which the file keeps the first 79 bytes.
    pub description: String,
    /// `aux_file`, of which the file keeps the first 23 bytes: `FSLeyes` takes it for a colour map, if it knows one of
    /// this name (`hot`, for example).
    pub auxiliary: String,
    /// `cal_min` and `cal_max`: the values that a viewer shows darkest and brightest, zeros for none.
    pub display: [f64; 2],
}

impl Meaning {
    /// Puts this into a header, with texts cut to the bytes there are for them, the last of which stays zero.
    pub(super) fn put(&self, header: &mut [u8; NIFTI1_LENGTH]) {
        let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
        let cut = |text: &str, length: usize| text.as_bytes()[..text.len().min(length)].to_vec();
        put(68, &(self.intent.code as i16).to_le_bytes());
        put(148, &cut(&self.description, 79));
        put(228, &cut(&self.auxiliary, 23));
        put(328, &cut(&self.intent.name, 15));
        let [low, high] = self.display;
        let parameters = [56, 60, 64].into_iter().zip(self.intent.parameters);
        for (at, value) in parameters.chain([(124, high), (128, low)]) {
            put(at, &(value as f32).to_le_bytes());
        }
    }
}
