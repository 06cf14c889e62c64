//! The first bytes of a file, as a [`Header`].

use std::path::Path;

use super::Intent;
use super::datatype::Datatype;
use super::fault::Refusal;
use super::fields::{Fields, Format, NIFTI1_LENGTH, NIFTI2_LENGTH, wrong_rank};
use super::header::{Header, sized};
use super::mgh;
use super::place::{Place, place};
use crate::finding::{Finding, Severity};
use crate::{Error, Result};

/// Parses and checks the first bytes of a (decompressed) file.
pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<Header> {
    let parsed = if mgh::is_mgh(bytes) {
        mgh::parse(bytes)
    } else {
        Fields::parse(bytes).and_then(|fields| check(&fields))
    };
    let mut header = parsed.map_err(|Refusal { fault, reason }| Error::nifti(path, fault, reason))?;
    if header.format == Format::Analyze && path.with_extension("mat").exists() {
        header.findings.push(Finding::new(
            Severity::Warning,
            "has a .mat file beside it, in which SPM keeps its place",
            "that is not read: convert the pair to NIfTI with SPM or nibabel, which read it",
        ));
    }
    Ok(header)
}

/// A text that ends at the first zero byte.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.split(|&byte| byte == 0).next().unwrap_or_default()).into_owned()
}

fn check(fields: &Fields) -> Result<Header, Refusal> {
    let mut findings = Vec::new();
    let (shape, volumes) = shape(fields, &mut findings)?;
    let datatype = Datatype::from_code(fields.datatype)?;
    if usize::try_from(fields.bitpix) != Ok(8 * datatype.size()) {
        findings.push(Finding::new(
            Severity::Warning,
            format!("says that a voxel of {datatype} has {} bits", fields.bitpix),
            "the type decides, here as in other readers; write the file anew to mend the header",
        ));
    }
    sized(shape, datatype, volumes)?;
    let Place { affine, oriented, form_distance } = place(fields, shape, &mut findings)?;
    // Some programs write NaN where they mean none.
    if fields.slope.is_infinite() || fields.inter.is_infinite() {
        findings.push(Finding::new(
            Severity::Warning,
            format!("says that values are {} * stored + {}", fields.slope, fields.inter),
            "what is infinite is left out; make sure that the values are right, or make the file anew",
        ));
    }
    let scaled = fields.slope.is_finite() && fields.slope != 0.0;
    Ok(Header {
        shape,
        volumes,
        affine,
        oriented,
        form_distance,
        datatype,
        format: fields.format,
        description: text(&fields.description),
        auxiliary: text(&fields.auxiliary),
        intent: Intent {
            code: fields.intent_code,
            parameters: fields.intent_parameters,
            name: text(&fields.intent_name),
        },
        // A slope of zero means that there is no scaling; so does one that is not a number.
        slope: if scaled { fields.slope } else { 1.0 },
        inter: if scaled && fields.inter.is_finite() { fields.inter } else { 0.0 },
        findings,
        display: fields.display,
        big_endian: fields.big_endian,
        offset: offset(fields)?,
        single_file: fields.single_file,
    })
}

/// Voxels along each axis, and the number of volumes along all further ones.
fn shape(fields: &Fields, findings: &mut Vec<Finding>) -> Result<([usize; 3], usize), String> {
    let rank = fields.dim[0];
    if !(1..=7).contains(&rank) {
        return Err(wrong_rank(rank));
    }
    let sizes = &fields.dim[1..=rank as usize];
    if sizes.iter().take(3).any(|&n| n < 1) {
        return Err(format!(
            "has the size {sizes:?}, with an axis of no voxels: the header is damaged, copy the file again or make it anew"
        ));
    }
    if sizes.iter().any(|&n| n < 1) {
        findings.push(Finding::new(
            Severity::Warning,
            format!("has the size {sizes:?}, with a further axis of no voxels"),
            "that is taken as one, as in the reference library; write the file anew to mend the header",
        ));
    }
    let further = sizes.iter().skip(3).map(|&n| n.max(1) as usize);
    let volumes = further.fold(1, usize::saturating_mul);
    Ok((std::array::from_fn(|axis| sizes.get(axis).map_or(1, |&n| n as usize)), volumes))
}

/// Where the voxels start in their file.
fn offset(fields: &Fields) -> Result<usize, String> {
    // A single file holds the header (and four bytes that announce extensions) before the voxels.
    let least = match (fields.single_file, fields.format) {
        (false, _) => 0,
        (true, Format::Nifti2) => NIFTI2_LENGTH,
        (true, _) => NIFTI1_LENGTH,
    };
    let offset = fields.vox_offset;
    if offset.is_finite() && offset >= least as f64 && offset < 2f64.powi(52) {
        return Ok(offset as usize);
    }
    Err(format!(
        "says that its voxels start at byte {offset}: the header is damaged, copy the file again or make it anew"
    ))
}
