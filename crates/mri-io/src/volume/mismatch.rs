//! Why two volumes do not lie on one grid.

/// How the grids of a volume and its mask differ, and what to do about it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum GridMismatch {
    /// They have different numbers of voxels.
    Shape {
        /// Voxels of the volume.
        volume: [usize; 3],
        /// Voxels of the mask.
        mask: [usize; 3],
    },
    /// They have one shape and lie at different places.
    Place {
        /// Largest distance (mm) of two corners.
        distance_mm: f64,
    },
    /// The mask lies where the volume's qform puts it, and not where its sform does.
    QformOfVolume {
        /// Largest distance (mm) of two corners.
        distance_mm: f64,
    },
    /// The mask fits the volume by its own qform, and not by its sform.
    QformOfMask {
        /// Largest distance (mm) of two corners.
        distance_mm: f64,
    },
}

impl GridMismatch {
    /// What is wrong.
    pub fn what(&self) -> String {
        match self {
            Self::Shape { volume, mask } => {
                format!("the volume and its mask lie on different grids ({volume:?} and {mask:?} voxels)")
            }
            Self::Place { distance_mm } => format!(
                "the volume and its mask lie on different grids (their corners lie up to {distance_mm:.2} mm apart)"
            ),
            Self::QformOfVolume { distance_mm } => format!(
                "the mask lies where the volume's qform puts it, up to {distance_mm:.2} mm from where its sform does"
            ),
            Self::QformOfMask { distance_mm } => {
                format!(
                    "the mask fits the volume by its qform, but lies up to {distance_mm:.2} mm away by its sform"
                )
            }
        }
    }

    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Shape { .. } | Self::Place { .. } => "resample the mask to the volume's grid",
            Self::QformOfVolume { .. } => {
                "the sform is used; do not resample the mask, which would move it off the brain: make both forms of the \
                 volume say the same, or give the mask the volume's header"
            }
            Self::QformOfMask { .. } => {
                "the sform is used; do not resample the mask, which would move it off the brain: give it the volume's \
                 header"
            }
        }
    }
}
