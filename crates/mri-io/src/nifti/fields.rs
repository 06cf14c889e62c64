//! The raw fields of a header: NIfTI-1, NIfTI-2 and Analyze 7.5.

use super::fault::{Fault, Refusal};
use ::nifti::{Endianness, NiftiHeader};

/// Length of the header of NIfTI-1 and Analyze 7.5 in bytes.
pub(super) const NIFTI1_LENGTH: usize = 348;
/// Length of a NIfTI-2 header in bytes.
pub(super) const NIFTI2_LENGTH: usize = 540;

const NOT_NIFTI: &str = "is not a NIfTI file (neither its first four bytes nor its magic string fit); a folder of DICOM \
                         files is converted with `dcm2niix -z y FOLDER`";
/// Other formats by where a mark of theirs stands, with what converts them.
const OTHERS: [(usize, &[u8], &str); 6] = [
    (
        128,
        b"DICM",
        "is a DICOM file, not NIfTI: convert the folder of its series with `dcm2niix -z y FOLDER`",
    ),
    (
        0,
        b"NRRD",
        "is an NRRD file, not NIfTI: convert it with `c3d IN.nrrd -o OUT.nii.gz` (Convert3D), or save it from 3D Slicer",
    ),
    (0, b"\x89HDF", "is an HDF5 or MINC 2 file, not NIfTI: convert MINC with `mnc2nii IN.mnc OUT.nii`"),
    (
        0,
        b"# === DATA DESCRIPTION FILE",
        "is a Philips PAR file, not NIfTI: convert it and the REC file beside it with `dcm2niix -z y FOLDER`, or with nibabel's \
         `parrec2nii IN.PAR`",
    ),
    (
        0,
        b"\ntype ",
        "is a header of AFNI, not NIfTI: convert it and the BRIK file beside it with `3dAFNItoNIFTI -prefix OUT.nii.gz IN+orig`",
    ),
    (0, b"CDF", "is a MINC 1 file, not NIfTI: convert it with `mnc2nii IN.mnc OUT.nii`"),
];

/// Which layout a header has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// FreeSurfer's `.mgh` and `.mgz`.
    Mgh,
    /// NIfTI-1.
    Nifti1,
    /// NIfTI-2.
    Nifti2,
    /// Analyze 7.5, NIfTI's predecessor: it says nothing about right and left.
    Analyze,
}

impl std::fmt::Display for Format {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Mgh => "MGH",
            Self::Nifti1 => "NIfTI-1",
            Self::Nifti2 => "NIfTI-2",
            Self::Analyze => "Analyze 7.5",
        })
    }
}

/// The fields that all layouts share, widened to those of NIfTI-2.
pub(super) struct Fields {
    pub(super) format: Format,
    pub(super) big_endian: bool,
    pub(super) single_file: bool,
    pub(super) datatype: i16,
    pub(super) bitpix: i16,
    pub(super) dim: [i64; 8],
    pub(super) pixdim: [f64; 8],
    pub(super) vox_offset: f64,
    pub(super) slope: f64,
    pub(super) inter: f64,
    /// `cal_min` and `cal_max`.
    pub(super) display: [f64; 2],
    pub(super) description: Vec<u8>,
    pub(super) auxiliary: Vec<u8>,
    pub(super) intent_code: i32,
    pub(super) intent_parameters: [f64; 3],
    pub(super) intent_name: Vec<u8>,
    pub(super) qform_code: i32,
    pub(super) sform_code: i32,
    pub(super) quaternion: [f64; 3],
    pub(super) quaternion_shift: [f64; 3],
    pub(super) sform: [[f64; 4]; 3],
    pub(super) units: u8,
    pub(super) directions: u8,
    /// The voxel (from 1) at the world's origin, which SPM writes into Analyze headers; zeros without.
    pub(super) origin: [i16; 3],
}

impl Fields {
    /// Takes the first bytes of a (decompressed) file apart. The error is what is wrong, to be read after the file's name.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() < 4 {
            return Err("ends inside the header: the file is truncated, copy or download it again".into());
        }
        let is_marked = |&(at, mark, _): &(usize, &[u8], &str)| bytes.get(at..at + mark.len()) == Some(mark);
        if let Some((_, _, what)) = OTHERS.iter().copied().find(|other| is_marked(other)) {
            return Err(Fault::Format.because(what));
        }
        let length = i32::from_le_bytes(bytes[..4].try_into().expect("four bytes"));
        let known = [NIFTI1_LENGTH as i32, NIFTI2_LENGTH as i32];
        let needed = if known.contains(&length) { length } else { length.swap_bytes() };
        if !known.contains(&needed) {
            return Err(Fault::Format.because(NOT_NIFTI));
        }
        if bytes.len() < needed as usize {
            return Err("ends inside the header: the file is truncated, copy or download it again".into());
        }
        if needed as usize == NIFTI2_LENGTH {
            return Self::parse2(bytes, length != needed).ok_or_else(|| Fault::Format.because(NOT_NIFTI));
        }
        // The crate guesses the byte order from dim[0], so that must be a possible one.
        let rank = i16::from_ne_bytes([bytes[40], bytes[41]]);
        let rank = if length == needed { rank } else { rank.swap_bytes() };
        if !(1..=7).contains(&rank) {
            return Err(wrong_rank(i64::from(rank)).into());
        }
        let mut start = bytes[..NIFTI1_LENGTH].to_vec();
        let is_analyze = !matches!(&start[344..348], b"n+1\0" | b"ni1\0");
        if is_analyze {
            // The crate wants a magic string, which Analyze has none of.
            start[344..348].copy_from_slice(b"ni1\0");
        }
        let header = NiftiHeader::from_reader(&start[..]).map_err(|_| Fault::Format.because(NOT_NIFTI))?;
        let fields = Self::from_crate(&header);
        Ok(if is_analyze { fields.of_analyze(bytes) } else { fields })
    }

    fn from_crate(header: &NiftiHeader) -> Self {
        Self {
            format: Format::Nifti1,
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
            display: [header.cal_min, header.cal_max].map(f64::from),
            description: header.descrip.clone(),
            auxiliary: header.aux_file.to_vec(),
            intent_code: i32::from(header.intent_code),
            intent_parameters: [header.intent_p1, header.intent_p2, header.intent_p3].map(f64::from),
            intent_name: header.intent_name.to_vec(),
            qform_code: i32::from(header.qform_code),
            sform_code: i32::from(header.sform_code),
            quaternion: [header.quatern_b, header.quatern_c, header.quatern_d].map(f64::from),
            quaternion_shift: [header.quatern_x, header.quatern_y, header.quatern_z].map(f64::from),
            sform: [header.srow_x, header.srow_y, header.srow_z].map(|row| row.map(f64::from)),
            units: header.xyzt_units,
            directions: header.dim_info,
            origin: [0; 3],
        }
    }

    /// What of these fields Analyze has: where NIfTI has forms and meaning stand its history and notes.
    fn of_analyze(self, bytes: &[u8]) -> Self {
        let short = |at: usize| {
            let short = [bytes[at], bytes[at + 1]];
            if self.big_endian { i16::from_be_bytes(short) } else { i16::from_le_bytes(short) }
        };
        let origin = [253, 255, 257].map(short);
        Self {
            format: Format::Analyze,
            single_file: false,
            intent_code: 0,
            intent_parameters: [0.0; 3],
            intent_name: Vec::new(),
            qform_code: 0,
            sform_code: 0,
            units: 0,
            directions: 0,
            origin,
            ..self
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
            format: Format::Nifti2,
            big_endian,
            single_file: magic == b"n+2\0",
            datatype: short(12),
            bitpix: short(14),
            dim: std::array::from_fn(|axis| word(16 + 8 * axis) as i64),
            pixdim: std::array::from_fn(|axis| float(104 + 8 * axis)),
            vox_offset: word(168) as i64 as f64,
            slope: float(176),
            inter: float(184),
            display: [float(200), float(192)],
            description: bytes[240..320].to_vec(),
            auxiliary: bytes[320..344].to_vec(),
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
            // The low byte has all units.
            units: half(500) as u8,
            directions: bytes[524],
            origin: [0; 3],
        })
    }
}

pub(super) fn wrong_rank(rank: i64) -> String {
    format!(
        "says that it has {rank} dimensions, not 1 to 7: the header is damaged, copy the file again or make it anew"
    )
}
