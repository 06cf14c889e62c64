//! FreeSurfer-style label maps: which tissue each integer stands for.

use crate::Tissue;

/// Structures whose signals differ within one tissue, numbered on from the tissues: caudate nucleus, putamen,
/// thalamus, hippocampus, amygdala, and the ventral diencephalon.
const NUCLEI: u8 = Tissue::ALL.len() as u8;
/// How many numbers of structures there are.
pub(crate) const STRUCTURES: usize = Tissue::ALL.len() + 6;

/// Number of a label's structure: its nucleus, or else its tissue.
pub(crate) fn structure_of(label: u16) -> Option<u8> {
    Some(match label {
        11 | 50 => NUCLEI,
        12 | 51 => NUCLEI + 1,
        9 | 10 | 48 | 49 => NUCLEI + 2,
        17 | 53 => NUCLEI + 3,
        18 | 54 => NUCLEI + 4,
        28 | 60 => NUCLEI + 5,
        _ => tissue_of(label)? as u8,
    })
}

/// The tissue of a structure by its number.
#[inline]
pub(crate) fn tissue_of_structure(structure: u8) -> Tissue {
    match structure.checked_sub(NUCLEI) {
        None => Tissue::ALL[usize::from(structure)],
        Some(5) => Tissue::BrainStem,
        Some(_) => Tissue::DeepGrey,
    }
}

/// Whether a label's cavity widens with age: lateral and third ventricles.
pub(crate) fn widens(label: u16) -> bool {
    matches!(label, 4 | 5 | 14 | 31 | 43 | 44 | 63 | 72)
}

/// The tissue of a label of FreeSurfer's colour table (`aseg` and cortical parcellations) or of the
/// extra-cerebral labels 502 to 530 of SynthSeg's training maps (Billot et al. 2023). `None` for a label
/// that is in neither.
pub(crate) fn tissue_of(label: u16) -> Option<Tissue> {
    Some(match label {
        0 | 29 | 61 | 130 | 165 | 258 | 259 => Tissue::Air,
        2 | 25 | 41 | 57 | 77..=79 | 85 | 86 | 192 | 219 | 223 | 250..=255 | 3000..=5002 => {
            Tissue::WhiteMatter
        }
        3 | 19 | 20 | 27 | 42 | 55 | 56 | 59 | 1000..=2999 | 11100..=12999 => Tissue::GreyMatter,
        4 | 5 | 14 | 15 | 31 | 43 | 44 | 63 | 72 | 136 | 137 | 163 | 164 | 213 | 221 => Tissue::Ventricle,
        24 | 122 | 257 => Tissue::Csf,
        7 | 46 => Tissue::CerebellarWhite,
        8 | 47 | 172 => Tissue::CerebellarGrey,
        9..=12 | 17 | 18 | 26 | 30 | 48..=51 | 53 | 54 | 58 | 62 | 80..=82 | 96 | 97 | 138 | 139 => {
            Tissue::DeepGrey
        }
        13 | 52 => Tissue::Pallidum,
        16 | 28 | 60 | 170 | 171 | 173..=178 => Tissue::BrainStem,
        508 | 512 | 530 => Tissue::NerveTissue,
        // Arteries and veins are dark where blood flows; so is compact bone.
        502 | 514 | 515 => Tissue::Bone,
        506 => Tissue::Vitreous,
        507 => Tissue::Muscle,
        509 => Tissue::Mucosa,
        511 => Tissue::Fat,
        516 => Tissue::Marrow,
        _ => return None,
    })
}
