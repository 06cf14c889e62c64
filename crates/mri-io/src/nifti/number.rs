//! Exact conversion between the types of voxels.

/// A voxel's value without loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Exact {
    Whole(i128),
    Real(f64),
}

impl Exact {
    /// `slope` times the value plus `inter`.
    pub(super) fn scaled(self, slope: f64, inter: f64) -> Self {
        if slope == 1.0 && inter == 0.0 {
            return self;
        }
        Self::Real(self.real() * slope + inter)
    }

    pub(super) fn real(self) -> f64 {
        match self {
            Self::Whole(value) => value as f64,
            Self::Real(value) => value,
        }
    }

    /// The whole number that is at most `tolerance` away.
    pub(super) fn whole(self, tolerance: f64) -> Option<i128> {
        match self {
            Self::Whole(value) => Some(value),
            Self::Real(value) => {
                let whole = value.round();
                // Beyond 2^64 no type holds it.
                ((value - whole).abs() <= tolerance && whole.abs() < 2f64.powi(65)).then_some(whole as i128)
            }
        }
    }
}

/// A type of voxels.
pub(super) trait Number: Copy {
    fn exact(self) -> Exact;
    /// The value in this type: whole numbers exactly, others to the nearest that there is. `None` if it cannot be held.
    fn from_exact(value: Exact) -> Option<Self>;
}

macro_rules! integers {
    ($($type:ty)*) => {$(
        impl Number for $type {
            fn exact(self) -> Exact {
                Exact::Whole(i128::from(self))
            }

            fn from_exact(value: Exact) -> Option<Self> {
                value.whole(0.5).and_then(|value| Self::try_from(value).ok())
            }
        }
    )*};
}
integers!(u8 i8 u16 i16 u32 i32 u64 i64);

macro_rules! reals {
    ($($type:ty)*) => {$(
        impl Number for $type {
            fn exact(self) -> Exact {
                Exact::Real(f64::from(self))
            }

            fn from_exact(value: Exact) -> Option<Self> {
                match value {
                    Exact::Whole(value) => Some(value as Self).filter(|&held| held as i128 == value),
                    Exact::Real(value) => {
                        let held = value as Self;
                        (held.is_finite() || !value.is_finite()).then_some(held)
                    }
                }
            }
        }
    )*};
}
reals!(f32 f64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_type_holds_is_converted() {
        assert_eq!(u8::from_exact(Exact::Real(254.6)), Some(255));
        assert_eq!(u8::from_exact(Exact::Real(255.6)), None);
        assert_eq!(u8::from_exact(Exact::Real(f64::NAN)), None);
        assert_eq!(i64::from_exact(u64::MAX.exact()), None);
        assert_eq!(u64::from_exact(u64::MAX.exact()), Some(u64::MAX));
        assert_eq!(f32::from_exact(Exact::Whole((1 << 24) + 1)), None);
        assert_eq!(f64::from_exact(Exact::Whole((1 << 24) + 1)), Some(16_777_217.0));
        assert_eq!(f32::from_exact(Exact::Real(1e300)), None);
        assert!(f32::from_exact(Exact::Real(f64::NAN)).is_some_and(f32::is_nan));
        assert_eq!(Exact::Real(2.000_03).whole(1e-3), Some(2));
        assert_eq!(Exact::Real(2.1).whole(1e-3), None);
    }
}
