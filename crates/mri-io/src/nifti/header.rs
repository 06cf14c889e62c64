//! What a NIfTI header says, checked.

use std::fmt;
use std::path::Path;

use ::nifti::{Endianness, NiftiHeader};
use nalgebra::{Matrix4, Quaternion, UnitQuaternion, Vector4};

use super::Intent;
use crate::{Affine, Error, Grid, Result};

/// Length of a NIfTI-1 header in bytes.
pub(super) const NIFTI1_LENGTH: usize = 348;
/// Length of a NIfTI-2 header in bytes.
pub(super) const NIFTI2_LENGTH: usize = 540;

/// Type of the voxels in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The names say it.
pub enum Datatype {
    Uint8,
    Int8,
    Int16,
    Uint16,
    Int32,
    Uint32,
    Int64,
    Uint64,
    Float32,
    Float64,
}

impl Datatype {
    /// Size of one voxel in bytes.
    pub fn size(self) -> usize {
        match self {
            Self::Uint8 | Self::Int8 => 1,
            Self::Int16 | Self::Uint16 => 2,
            Self::Int32 | Self::Uint32 | Self::Float32 => 4,
            Self::Int64 | Self::Uint64 | Self::Float64 => 8,
        }
    }

    /// From the code in the header.
    fn from_code(code: i16) -> Result<Self, String> {
        Ok(match code {
            2 => Self::Uint8,
            4 => Self::Int16,
            8 => Self::Int32,
            16 => Self::Float32,
            64 => Self::Float64,
            256 => Self::Int8,
            512 => Self::Uint16,
            768 => Self::Uint32,
            1024 => Self::Int64,
            1280 => Self::Uint64,
            32 | 1792 | 2048 => {
                return Err("holds complex numbers: write their magnitude to a file and use that".into());
            }
            128 | 2304 => return Err("holds colours: convert it to a single intensity first".into()),
            1 => return Err("holds single bits: convert it to uint8 first".into()),
            1536 => return Err("holds 128-bit floats: convert it to float32 first".into()),
            other => return Err(format!("has the unknown data type code {other}: the header is damaged")),
        })
    }
}

impl fmt::Display for Datatype {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", format!("{self:?}").to_lowercase())
    }
}

/// The part of a NIfTI header that says what the voxels are and where they lie.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// Number of voxels along each axis.
    pub shape: [usize; 3],
    /// Voxel index to world (RAS+, mm): the file's sform if it has one, else its qform, else the voxel
    /// spacing alone, with the middle of the volume at the origin and x growing to the left (as nibabel).
    pub affine: Affine,
    /// Whether the file has an sform or a qform; without, right and left are a guess.
    pub oriented: bool,
    /// Largest distance (mm) between where sform and qform put a corner voxel, if the file has both.
    pub form_distance: Option<f64>,
    /// Type of the stored voxels.
    pub datatype: Datatype,
    /// NIfTI version, 1 or 2.
    pub version: u8,
    /// Free text of at most 80 bytes.
    pub description: String,
    /// What the values mean.
    pub intent: Intent,
    /// Stored values times this ...
    pub slope: f64,
    /// ... plus this are the intensities.
    pub inter: f64,
    pub(super) big_endian: bool,
    pub(super) offset: usize,
    /// Whether the voxels lie in the same file as the header.
    pub(super) single_file: bool,
}

impl Header {
    /// Shape and affine together.
    pub fn grid(&self) -> Grid {
        Grid { shape: self.shape, affine: self.affine }
    }

    /// Bytes that the voxels take. Cannot overflow: checked when the header was parsed.
    pub(super) fn data_length(&self) -> usize {
        self.shape.iter().product::<usize>() * self.datatype.size()
    }

    /// Parses and checks the first bytes of a (decompressed) file.
    pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<Self> {
        Fields::parse(bytes).and_then(Fields::check).map_err(|reason| Error::nifti(path, reason))
    }
}

/// A text that ends at the first zero byte.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.split(|&byte| byte == 0).next().unwrap_or_default()).into_owned()
}

fn wrong_rank(rank: i64) -> String {
    format!("says that it has {rank} dimensions, not 1 to 7: the header is damaged")
}

/// The raw fields that both versions share, widened to those of NIfTI-2.
struct Fields {
    version: u8,
    big_endian: bool,
    single_file: bool,
    datatype: i16,
    bitpix: i16,
    dim: [i64; 8],
    pixdim: [f64; 8],
    vox_offset: f64,
    slope: f64,
    inter: f64,
    description: Vec<u8>,
    intent_code: i32,
    intent_parameters: [f64; 3],
    intent_name: Vec<u8>,
    qform_code: i32,
    sform_code: i32,
    quaternion: [f64; 3],
    quaternion_shift: [f64; 3],
    sform: [[f64; 4]; 3],
    units: i32,
}

impl Fields {
    fn parse(bytes: &[u8]) -> Result<Self, String> {
        const NOT_NIFTI: &str = "is not a NIfTI file (neither its first four bytes nor its magic string fit); \
                                 DICOM series must be converted first, for example with dcm2niix";
        if bytes.len() < 4 {
            return Err("is empty or ends inside the header".into());
        }
        let length = i32::from_le_bytes(bytes[..4].try_into().expect("four bytes"));
        let known = [NIFTI1_LENGTH as i32, NIFTI2_LENGTH as i32];
        let needed = if known.contains(&length) { length } else { length.swap_bytes() };
        if !known.contains(&needed) {
            return Err(NOT_NIFTI.into());
        }
        if bytes.len() < needed as usize {
            return Err("ends inside the header: the file is truncated, copy or download it again".into());
        }
        // The crate guesses the byte order from dim[0], so that must be a possible one.
        let rank = i16::from_ne_bytes([bytes[40], bytes[41]]);
        let rank = if length == needed { rank } else { rank.swap_bytes() };
        if needed as usize == NIFTI1_LENGTH && !(1..=7).contains(&rank) {
            return Err(wrong_rank(i64::from(rank)));
        }
        if needed as usize == NIFTI2_LENGTH {
            return Self::parse2(bytes, length != needed).ok_or_else(|| NOT_NIFTI.to_owned());
        }
        let header = NiftiHeader::from_reader(&bytes[..NIFTI1_LENGTH]).map_err(|_| NOT_NIFTI.to_owned())?;
        Ok(Self::from_crate(&header))
    }

    fn from_crate(header: &NiftiHeader) -> Self {
        Self {
            version: 1,
            big_endian: header.endianness == Endianness::Big,
            single_file: header.magic == *b"n+1\0",
            datatype: header.datatype,
            bitpix: header.bitpix,
            // The crate reads the signed sizes as unsigned.
            dim: header.dim.map(|n| i64::from(n as i16)),
            pixdim: header.pixdim.map(f64::from),
            vox_offset: f64::from(header.vox_offset),
            slope: f64::from(header.scl_slope),
            inter: f64::from(header.scl_inter),
            description: header.descrip.clone(),
            intent_code: i32::from(header.intent_code),
            intent_parameters: [header.intent_p1, header.intent_p2, header.intent_p3].map(f64::from),
            intent_name: header.intent_name.to_vec(),
            qform_code: i32::from(header.qform_code),
            sform_code: i32::from(header.sform_code),
            quaternion: [header.quatern_b, header.quatern_c, header.quatern_d].map(f64::from),
            quaternion_shift: [header.quatern_x, header.quatern_y, header.quatern_z].map(f64::from),
            sform: [header.srow_x, header.srow_y, header.srow_z].map(|row| row.map(f64::from)),
            units: i32::from(header.xyzt_units),
        }
    }

    /// The layout of NIfTI-2 (nifti2.h). `None` if the magic string is wrong.
    fn parse2(bytes: &[u8], swapped: bool) -> Option<Self> {
        let magic = &bytes[4..8];
        if magic != b"n+2\0" && magic != b"ni2\0" {
            return None;
        }
        let big_endian = swapped == cfg!(target_endian = "little");
        let word = |at: usize| {
            let word: [u8; 8] = bytes[at..at + 8].try_into().expect("eight bytes");
            if big_endian { u64::from_be_bytes(word) } else { u64::from_le_bytes(word) }
        };
        let half = |at: usize| {
            let half: [u8; 4] = bytes[at..at + 4].try_into().expect("four bytes");
            if big_endian { i32::from_be_bytes(half) } else { i32::from_le_bytes(half) }
        };
        let short = |at: usize| {
            let short: [u8; 2] = bytes[at..at + 2].try_into().expect("two bytes");
            if big_endian { i16::from_be_bytes(short) } else { i16::from_le_bytes(short) }
        };
        let float = |at: usize| f64::from_bits(word(at));
        Some(Self {
            version: 2,
            big_endian,
            single_file: magic == b"n+2\0",
            datatype: short(12),
            bitpix: short(14),
            dim: std::array::from_fn(|axis| word(16 + 8 * axis) as i64),
            pixdim: std::array::from_fn(|axis| float(104 + 8 * axis)),
            vox_offset: word(168) as i64 as f64,
            slope: float(176),
            inter: float(184),
            description: bytes[240..320].to_vec(),
            intent_code: half(504),
            intent_parameters: [float(80), float(88), float(96)],
            intent_name: bytes[508..524].to_vec(),
            qform_code: half(344),
            sform_code: half(348),
            quaternion: [float(352), float(360), float(368)],
            quaternion_shift: [float(376), float(384), float(392)],
            sform: std::array::from_fn(|row| {
                std::array::from_fn(|column| float(400 + 32 * row + 8 * column))
            }),
            units: half(500),
        })
    }

    fn check(self) -> Result<Header, String> {
        let shape = self.shape()?;
        let datatype = Datatype::from_code(self.datatype)?;
        if usize::try_from(self.bitpix) != Ok(8 * datatype.size()) {
            return Err(format!("says {datatype} voxels of {} bits: the header is damaged", self.bitpix));
        }
        let bytes = shape.iter().try_fold(datatype.size(), |bytes, &n| bytes.checked_mul(n));
        if bytes.is_none_or(|bytes| bytes > isize::MAX as usize / 2) {
            return Err(format!(
                "claims {shape:?} voxels, more than any memory holds: the header is damaged"
            ));
        }
        // A single file holds the header (and four bytes that announce extensions) before the voxels.
        let least = match (self.single_file, self.version) {
            (false, _) => 0,
            (true, 1) => NIFTI1_LENGTH,
            (true, _) => NIFTI2_LENGTH,
        };
        if !(self.vox_offset.is_finite()
            && self.vox_offset >= least as f64
            && self.vox_offset < 2f64.powi(52))
        {
            return Err(format!(
                "says that its voxels start at byte {}: the header is damaged",
                self.vox_offset
            ));
        }
        let scaled = self.slope.is_finite() && self.slope != 0.0;
        Ok(Header {
            shape,
            affine: self.affine(shape)?,
            oriented: self.sform_code > 0 || self.qform_code > 0,
            form_distance: self.form_distance(shape),
            datatype,
            version: self.version,
            description: text(&self.description),
            intent: Intent {
                code: self.intent_code,
                parameters: self.intent_parameters,
                name: text(&self.intent_name),
            },
            // A slope of zero means that there is no scaling; so does one that is not a number.
            slope: if scaled { self.slope } else { 1.0 },
            inter: if scaled && self.inter.is_finite() { self.inter } else { 0.0 },
            big_endian: self.big_endian,
            offset: self.vox_offset as usize,
            single_file: self.single_file,
        })
    }

    fn shape(&self) -> Result<[usize; 3], String> {
        let rank = self.dim[0];
        if !(1..=7).contains(&rank) {
            return Err(wrong_rank(rank));
        }
        let sizes = &self.dim[1..=rank as usize];
        if sizes.iter().any(|&n| n < 1) {
            return Err(format!("has the size {sizes:?}, with an axis of no voxels: the header is damaged"));
        }
        if sizes.iter().skip(3).any(|&n| n > 1) {
            return Err(format!(
                "has the size {sizes:?}, a series of volumes, where one is needed: write the one you mean to a \
                 file of its own (for example nibabel's `img.slicer[..., 0]`)"
            ));
        }
        Ok(std::array::from_fn(|axis| sizes.get(axis).map_or(1, |&n| n as usize)))
    }

    fn affine(&self, shape: [usize; 3]) -> Result<Affine, String> {
        let (name, matrix) = if self.sform_code > 0 {
            ("sform", self.sform_matrix())
        } else if self.qform_code > 0 {
            ("qform", self.qform_matrix()?)
        } else {
            ("voxel spacing", self.spacing_matrix(shape)?)
        };
        let mut matrix = matrix;
        matrix.fixed_view_mut::<3, 4>(0, 0).scale_mut(self.millimetres());
        Affine::new(matrix).map_err(|error| format!("has a {name} that cannot be used: {error}"))
    }

    /// How many there are in the file's unit of length.
    fn millimetres(&self) -> f64 {
        match self.units & 7 {
            1 => 1000.0, // metres
            3 => 0.001,  // micrometres
            _ => 1.0,
        }
    }

    fn form_distance(&self, shape: [usize; 3]) -> Option<f64> {
        if self.sform_code <= 0 || self.qform_code <= 0 {
            return None;
        }
        // A qform that cannot be used does not agree with anything.
        let Ok(qform) = self.qform_matrix() else { return Some(f64::INFINITY) };
        let difference = self.sform_matrix() - qform;
        let corner = |corner: usize| {
            let index = |axis: usize| if corner >> axis & 1 == 1 { shape[axis] as f64 - 1.0 } else { 0.0 };
            (difference * Vector4::new(index(0), index(1), index(2), 1.0)).norm()
        };
        Some((0..8).map(corner).fold(0.0, f64::max) * self.millimetres())
    }

    fn sform_matrix(&self) -> Matrix4<f64> {
        let mut matrix = Matrix4::identity();
        for (row, values) in self.sform.iter().enumerate() {
            for (column, &value) in values.iter().enumerate() {
                matrix[(row, column)] = value;
            }
        }
        matrix
    }

    /// Method 2 of nifti1.h.
    fn qform_matrix(&self) -> Result<Matrix4<f64>, String> {
        let spacing = self.spacing()?;
        let [b, c, d] = self.quaternion;
        let squares = b * b + c * c + d * d;
        if !squares.is_finite() || squares > 1.001 {
            return Err("has a qform whose quaternion is no rotation: the header is damaged".into());
        }
        let a = (1.0 - squares).max(0.0).sqrt();
        let rotation = UnitQuaternion::from_quaternion(Quaternion::new(a, b, c, d)).to_rotation_matrix();
        let mut matrix = rotation.to_homogeneous();
        let handedness = if self.pixdim[0] < 0.0 { -1.0 } else { 1.0 };
        for (column, scale) in [spacing[0], spacing[1], spacing[2] * handedness].into_iter().enumerate() {
            matrix.column_mut(column).scale_mut(scale);
        }
        for (row, &shift) in self.quaternion_shift.iter().enumerate() {
            matrix[(row, 3)] = shift;
        }
        Ok(matrix)
    }

    fn spacing_matrix(&self, shape: [usize; 3]) -> Result<Matrix4<f64>, String> {
        let mut spacing = self.spacing()?;
        spacing[0] = -spacing[0];
        let mut matrix = Matrix4::identity();
        for axis in 0..3 {
            matrix[(axis, axis)] = spacing[axis];
            matrix[(axis, 3)] = -0.5 * (shape[axis] as f64 - 1.0) * spacing[axis];
        }
        Ok(matrix)
    }

    fn spacing(&self) -> Result<[f64; 3], String> {
        // Sizes are positive by definition; some writers store flipped axes as negative ones.
        let spacing = [1, 2, 3].map(|axis| self.pixdim[axis].abs());
        if spacing.iter().any(|&s| !(s.is_finite() && s > 0.0)) {
            return Err(format!("has the voxel spacing {spacing:?} mm: set a positive one in the header"));
        }
        Ok(spacing)
    }
}
