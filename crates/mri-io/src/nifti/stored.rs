//! Volumes with their voxels as the file stores them: for what moves voxels and must not change them.

use std::collections::BTreeMap;
use std::path::Path;

use super::datatype::Datatype;
use super::meaning::Meaning;
use super::number::{Exact, Number};
use super::reading::warn;
use super::voxels::Voxels;
use super::writing::write_scaled;
use super::{Header, bytes, decode};
use crate::nifti::Voxel;
use crate::resample::{nearest, resample_labels_by_share, to_canonical};
use crate::{AffineTransform, Error, Grid, GridMismatch, Mask, Result, Volume};

/// How far from a whole number a label may lie, where the file's slope does not explain more.
pub(super) const LABEL_TOLERANCE: f64 = 1e-3;
/// Fewer whole numbers than this between the least and the greatest value keep too little of values that are not whole.
const FEW_LEVELS: f64 = 16.0;

/// The voxels of a file in their own type, with the slope and intercept that make them values, and what they mean.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredVolume {
    voxels: Voxels,
    slope: f64,
    inter: f64,
    meaning: Meaning,
}

/// `$body` with `$volume` as the volume of whichever type.
macro_rules! each {
    ($voxels:expr, $volume:ident => $body:expr) => {
        match $voxels {
            Voxels::Uint8($volume) => $body,
            Voxels::Int8($volume) => $body,
            Voxels::Int16($volume) => $body,
            Voxels::Uint16($volume) => $body,
            Voxels::Int32($volume) => $body,
            Voxels::Uint32($volume) => $body,
            Voxels::Int64($volume) => $body,
            Voxels::Uint64($volume) => $body,
            Voxels::Float32($volume) => $body,
            Voxels::Float64($volume) => $body,
        }
    };
}

/// The volumes of each type as the one enum.
trait IntoVoxels: Voxel + Number + Default {
    fn into_voxels(volume: Volume<Self>) -> Voxels;
}

macro_rules! into_voxels {
    ($($type:ty, $kind:ident);*) => {$(
        impl IntoVoxels for $type {
            fn into_voxels(volume: Volume<Self>) -> Voxels {
                Voxels::$kind(volume)
            }
        }
    )*};
}
into_voxels!(u8, Uint8; i8, Int8; i16, Int16; u16, Uint16; i32, Int32; u32, Uint32; i64, Int64; u64, Uint64;
             f32, Float32; f64, Float64);

/// As [`IntoVoxels::into_voxels`], for the type to be inferred.
fn into_voxels<T: IntoVoxels>(volume: Volume<T>) -> Voxels {
    T::into_voxels(volume)
}

impl StoredVolume {
    /// Reads a file as [`crate::read`] does, but leaves its voxels as they are stored.
    ///
    /// # Errors
    /// As [`crate::read`].
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let file = bytes::open(path)?;
        warn(path, &file.header);
        let contents = file.contents()?;
        let header = &file.header;
        Self::decode(header, &contents[header.offset..][..header.data_length()])
    }

    /// From the stored bytes of all voxels.
    pub(super) fn decode(header: &Header, voxels: &[u8]) -> Result<Self> {
        let voxels = decode::as_stored(header, voxels)?;
        Ok(Self { voxels, slope: header.slope, inter: header.inter, ..Self::of(header) })
    }

    /// The values, as [`crate::read`] gives them.
    ///
    /// # Errors
    /// None: every value has a nearest `f32`.
    pub fn values(&self) -> Result<Volume<f32>> {
        self.convert(|value| Some(value.real() as f32), |_| unreachable!("every value has a nearest f32"))
    }

    /// The volume with the value 0 outside of a mask of the same shape. The type stays where a stored number says 0 (with slope
    /// and intercept), else it becomes float32.
    ///
    /// # Errors
    /// If the shapes differ.
    pub fn masked(self, mask: &Mask) -> Result<Self> {
        if mask.shape() != self.grid().shape {
            return Err(Error::GridMismatch(GridMismatch::Shape {
                volume: self.grid().shape,
                mask: mask.shape(),
            }));
        }
        let outside = -self.inter / self.slope;
        let exact = if self.datatype().is_float() {
            Some(Exact::Real(outside))
        } else {
            Exact::Real(outside).whole(0.0).map(Exact::Whole)
        };
        let voxels = each!(&self.voxels, volume => exact.and_then(Number::from_exact).map(|outside| {
            let mut volume = volume.clone();
            for (voxel, &inside) in volume.as_mut_slice().iter_mut().zip(mask.as_slice()) {
                *voxel = if inside { *voxel } else { outside };
            }
            into_voxels(volume)
        }));
        match voxels {
            Some(voxels) => Ok(Self { voxels, ..self }),
            None => self.with_datatype(Datatype::Float32)?.masked(mask),
        }
    }

    /// Values that were made from those of a file with this header, and mean the same.
    pub fn from_values(values: Volume<f32>, header: &Header) -> Self {
        Self { voxels: Voxels::Float32(values), ..Self::of(header) }
    }

    fn of(header: &Header) -> Self {
        let nothing = Volume::filled(&Grid { shape: [1; 3], affine: header.affine }, 0).expect("one voxel");
        Self { voxels: Voxels::Uint8(nothing), slope: 1.0, inter: 0.0, meaning: header.meaning() }
    }

    /// Type of the voxels.
    pub fn datatype(&self) -> Datatype {
        match self.voxels {
            Voxels::Uint8(_) => Datatype::Uint8,
            Voxels::Int8(_) => Datatype::Int8,
            Voxels::Int16(_) => Datatype::Int16,
            Voxels::Uint16(_) => Datatype::Uint16,
            Voxels::Int32(_) => Datatype::Int32,
            Voxels::Uint32(_) => Datatype::Uint32,
            Voxels::Int64(_) => Datatype::Int64,
            Voxels::Uint64(_) => Datatype::Uint64,
            Voxels::Float32(_) => Datatype::Float32,
            Voxels::Float64(_) => Datatype::Float64,
        }
    }

    /// Shape and affine.
    pub fn grid(&self) -> Grid {
        each!(&self.voxels, volume => volume.grid())
    }

    /// As [`crate::resample::to_canonical`].
    #[must_use]
    pub fn to_canonical(self) -> Self {
        let voxels = each!(&self.voxels, volume => into_voxels(to_canonical(volume)));
        Self { voxels, ..self }
    }

    /// The nearest voxels on another grid, `fill` (a value, not a stored number) beyond the volume. `transform` as in
    /// [`crate::resample::resample`].
    ///
    /// # Errors
    /// If the grid has no voxels, or more than fit into memory, or a stored number cannot hold `fill` to within half of what one
    /// step of it is worth.
    pub fn nearest(self, grid: &Grid, transform: impl Into<AffineTransform>, fill: f64) -> Result<Self> {
        let transform = transform.into();
        let stored = Exact::Real((fill - self.inter) / self.slope);
        let refused = || Error::Values {
            datatype: self.datatype(),
            reason: format!("voxels of {} cannot hold the value {fill}", self.datatype()),
        };
        let voxels = each!(&self.voxels, volume => {
            let fill = Number::from_exact(stored).ok_or_else(refused)?;
            into_voxels(nearest(volume, grid, &transform, fill)?)
        });
        Ok(Self { voxels, ..self })
    }

    /// The labels on another grid by what they fill of its voxels: [`crate::resample::resample_labels_by_share`].
    ///
    /// # Errors
    /// If the grid has no voxels, or more than fit into memory, or a value is no whole number.
    pub fn labels_by_share(self, grid: &Grid, transform: impl Into<AffineTransform>) -> Result<Self> {
        let (labels, transform) = (self.labels()?, transform.into());
        let voxels = each!(&labels.voxels, volume => {
            into_voxels(resample_labels_by_share(volume, grid, transform)?)
        });
        Ok(Self { voxels, ..labels })
    }

    /// The values as labels, which are whole numbers: those that the slope, or an earlier program's floats, moved away by
    /// at most half a step of the slope or 1e-3 become them. The type stays where it holds them, without a slope.
    ///
    /// # Errors
    /// If a value is no whole number.
    pub fn labels(self) -> Result<Self> {
        if self.slope == 1.0 && self.inter == 0.0 && !self.datatype().is_float() {
            return Ok(self);
        }
        let voxels = Voxels::Int64(self.whole()?);
        let datatype = self.datatype();
        let whole = Self { voxels, slope: 1.0, inter: 0.0, ..self };
        whole.clone().with_datatype(datatype).or(Ok(whole))
    }

    /// Millilitres of each label but 0.
    ///
    /// # Errors
    /// As [`StoredVolume::labels`].
    pub fn label_millilitres(&self) -> Result<BTreeMap<i64, f64>> {
        let labels: Volume<i64> = self.whole()?;
        let mut voxels = BTreeMap::<i64, usize>::new();
        for run in labels.as_slice().chunk_by(i64::eq) {
            *voxels.entry(run[0]).or_default() += run.len();
        }
        voxels.remove(&0);
        let millilitres = labels.affine().voxel_volume() / 1000.0;
        Ok(voxels.into_iter().map(|(label, count)| (label, count as f64 * millilitres)).collect())
    }

    /// The values as whole numbers, by the rule of [`StoredVolume::labels`].
    pub(super) fn whole<T: Clone + TryFrom<i128>>(&self) -> Result<Volume<T>> {
        let step = self.slope.abs();
        let of_slope = if self.slope == 1.0 || step >= 1.0 { 0.0 } else { 0.5 * step };
        let tolerance = LABEL_TOLERANCE.max(of_slope);
        self.convert(
            |value| value.whole(tolerance).and_then(|whole| T::try_from(whole).ok()),
            |value| {
                let what = if value.whole(tolerance).is_some() { "this type of label" } else { "a label" };
                Error::Label { value: value.real(), what }
            },
        )
    }

    /// The values in another type. Values that are not whole are rounded to integers; slope and intercept are applied.
    /// The volume's own type leaves it as it is.
    ///
    /// # Errors
    /// If a value cannot be held, or rounding would leave next to nothing of values that are not whole.
    pub fn with_datatype(self, datatype: Datatype) -> Result<Self> {
        if datatype == self.datatype() {
            return Ok(self);
        }
        if !datatype.is_float() {
            self.check_levels(datatype)?;
        }
        macro_rules! converted {
            ($($kind:ident)*) => {
                match datatype {$(
                    Datatype::$kind => Voxels::$kind(self.convert(Number::from_exact, |value| {
                        Error::Values {
                            datatype,
                            reason: format!("the value {} cannot be held by {datatype}: choose another type", value.real()),
                        }
                    })?),
                )*}
            };
        }
        let voxels = converted!(Uint8 Int8 Int16 Uint16 Int32 Uint32 Int64 Uint64 Float32 Float64);
        Ok(Self { voxels, slope: 1.0, inter: 0.0, ..self })
    }

    /// Each value through `f`; the error names the first that it refuses.
    fn convert<T>(
        &self,
        f: impl Fn(Exact) -> Option<T>,
        refused: impl Fn(Exact) -> Error,
    ) -> Result<Volume<T>>
    where
        T: Clone,
    {
        let (slope, inter) = (self.slope, self.inter);
        each!(&self.voxels, volume => {
            let mut out = Vec::with_capacity(volume.as_slice().len());
            for voxel in volume.as_slice() {
                let value = voxel.exact().scaled(slope, inter);
                out.push(f(value).ok_or_else(|| refused(value))?);
            }
            let data = ndarray::Array3::from_shape_vec(volume.shape(), out).expect("as many as before");
            Volume::new(data, *volume.affine())
        })
    }

    /// Refuses to round away what distinguishes the values, for example z-scores.
    fn check_levels(&self, datatype: Datatype) -> Result<()> {
        let (mut low, mut high, mut is_whole) = (f64::INFINITY, f64::NEG_INFINITY, true);
        each!(&self.voxels, volume => for voxel in volume.as_slice() {
            let value = voxel.exact().scaled(self.slope, self.inter);
            (low, high) = (low.min(value.real()), high.max(value.real()));
            is_whole &= value.whole(LABEL_TOLERANCE).is_some();
        });
        if is_whole || high - low >= FEW_LEVELS {
            return Ok(());
        }
        Err(Error::Values {
            datatype,
            reason: format!(
                "values from {low} to {high} that are not whole numbers would be rounded to {datatype}: choose float32"
            ),
        })
    }

    /// Writes as [`crate::nifti::write_like`] does, in this type and with this slope and intercept.
    ///
    /// # Errors
    /// As [`crate::write()`].
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        let scaling = [self.slope, self.inter];
        each!(&self.voxels, volume => write_scaled(path.as_ref(), volume, &self.meaning, scaling))
    }
}
