//! What a user may choose about the people that label maps are turned into.

use serde::{Deserialize, Serialize};

/// How far the heads that [`crate::from_labels`] renders may differ from the label map and from each other. By default
/// they do not: each has the map's shape and the generator's usual signals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct People {
    /// Strength of the random smooth deformation, 0 (the map's shape) to 1 (the variety of a population).
    pub deformation: f64,
    /// Youngest and oldest age in years, within 18 to 100: it widens ventricles and sulci, and brings white-matter
    /// hyperintensities. `None`: as in the map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age: Option<[f64; 2]>,
    /// How much of the white-matter hyperintensities of their age these people have, 0 (none) to 1.
    pub hyperintensities: f64,
    /// How far contrasts vary, 0 (one scanner and narrow limits) to 1 (echo times of 70 to 125 ms, repetition times of
    /// 2.5 to 8 s, and each structure's signal varied).
    pub contrast: f64,
    /// Strength of smooth variation of the signal within each tissue, 0 to 1.
    pub texture: f64,
    /// Whether vessels with flowing blood run through the fluid around the brain, as dark tubes.
    pub vessels: bool,
}

impl Default for People {
    fn default() -> Self {
        Self {
            deformation: 0.0,
            age: None,
            hyperintensities: 1.0,
            contrast: 0.0,
            texture: 0.0,
            vessels: false,
        }
    }
}

impl People {
    /// The first field that is out of its range, and why.
    pub(crate) fn fault(&self) -> Option<(&'static str, String)> {
        for (name, value) in [
            ("people.deformation", self.deformation),
            ("people.hyperintensities", self.hyperintensities),
            ("people.contrast", self.contrast),
            ("people.texture", self.texture),
        ] {
            if !(0.0..=1.0).contains(&value) {
                return Some((name, format!("{value} is not between 0 and 1")));
            }
        }
        match self.age {
            Some([low, high]) if !(18.0 <= low && low <= high && high <= 100.0) => {
                Some(("people.age", format!("[{low}, {high}] is not a range within 18 to 100 years")))
            }
            _ => None,
        }
    }
}
