//! Kinds of tissue and the signal each gives in a T2-weighted scan.

use crate::random::Stream;

/// What a voxel mostly holds. The numbers are the values of [`crate::Phantom::tissues`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Tissue {
    /// Air around and within the head.
    Air = 0,
    /// Cerebrospinal fluid around the brain and in its sulci and fissures.
    Csf,
    /// Cerebrospinal fluid of the ventricles.
    Ventricle,
    /// Cortex of the cerebrum.
    GreyMatter,
    /// White matter of the cerebrum.
    WhiteMatter,
    /// Caudate, putamen, thalamus, hippocampus, amygdala.
    DeepGrey,
    /// Pallidum and other nuclei that are rich in iron.
    Pallidum,
    /// Cortex of the cerebellum.
    CerebellarGrey,
    /// White matter of the cerebellum.
    CerebellarWhite,
    /// Midbrain, pons, medulla.
    BrainStem,
    /// Spinal cord below the foramen magnum, optic nerves (not part of the brain).
    NerveTissue,
    /// Compact bone, dura and other tissue without signal.
    Bone,
    /// Bone marrow.
    Marrow,
    /// Fat below the skin, in the orbits and between muscles.
    Fat,
    /// Skin.
    Skin,
    /// Muscle.
    Muscle,
    /// Mucosa of the nose and sinuses.
    Mucosa,
    /// Vitreous body of the eye.
    Vitreous,
}

impl Tissue {
    /// Every tissue, in the order of its number.
    pub const ALL: [Self; 18] = [
        Self::Air,
        Self::Csf,
        Self::Ventricle,
        Self::GreyMatter,
        Self::WhiteMatter,
        Self::DeepGrey,
        Self::Pallidum,
        Self::CerebellarGrey,
        Self::CerebellarWhite,
        Self::BrainStem,
        Self::NerveTissue,
        Self::Bone,
        Self::Marrow,
        Self::Fat,
        Self::Skin,
        Self::Muscle,
        Self::Mucosa,
        Self::Vitreous,
    ];

    /// The tissue of a label of FreeSurfer's colour table (`aseg` and cortical parcellations) or of the extra-cerebral labels
    /// 502 to 530 of `SynthSeg`'s training maps (Billot et al. 2023). `None` for a label that is in neither.
    pub fn of_label(label: u16) -> Option<Self> {
        crate::labels::tissue_of(label)
    }

    /// Whether this is grey or white matter of cerebrum, cerebellum or brain stem.
    pub fn is_brain(self) -> bool {
        matches!(
            self,
            Self::GreyMatter
                | Self::WhiteMatter
                | Self::DeepGrey
                | Self::Pallidum
                | Self::CerebellarGrey
                | Self::CerebellarWhite
                | Self::BrainStem
        )
    }
}

/// Proton density (relative to water), T1 and T2 (seconds) of each tissue, with the coefficient of
/// variation of T2 between subjects. Rounded from reviews of relaxation times at 1.5 T and 3 T (Stanisz
/// et al. 2005; Bojorquez et al. 2017); fat with the long apparent T2 that a turbo spin echo gives it.
const RELAXATION: [(f64, f64, f64, f64); 18] = [
    (0.0, 1.0, 1.0, 0.0),      // air
    (1.0, 4.2, 1.8, 0.05),     // cerebrospinal fluid
    (1.0, 4.2, 1.8, 0.05),     // ventricles
    (0.82, 1.30, 0.098, 0.04), // grey matter
    (0.70, 0.80, 0.076, 0.04), // white matter
    (0.80, 1.15, 0.086, 0.05), // deep grey matter
    (0.76, 0.95, 0.064, 0.08), // pallidum
    (0.82, 1.30, 0.096, 0.04), // cerebellar grey matter
    (0.72, 0.85, 0.080, 0.04), // cerebellar white matter
    (0.74, 0.95, 0.083, 0.04), // brain stem
    (0.74, 0.95, 0.083, 0.04), // spinal cord, optic nerves
    (0.15, 0.50, 0.020, 0.10), // compact bone
    (0.62, 0.40, 0.074, 0.15), // marrow
    (0.90, 0.35, 0.160, 0.08), // fat
    (0.65, 0.90, 0.052, 0.10), // skin
    (0.78, 1.20, 0.044, 0.08), // muscle
    (0.90, 1.60, 0.120, 0.10), // mucosa
    (1.0, 3.8, 1.6, 0.05),     // vitreous body
];
const OEDEMA: (f64, f64, f64, f64) = (0.86, 1.45, 0.150, 0.10);
const NECROSIS: (f64, f64, f64, f64) = (0.95, 2.40, 0.330, 0.20);
const ENHANCING: (f64, f64, f64, f64) = (0.85, 1.40, 0.116, 0.10);

/// Signal of each tissue in one scan; cerebrospinal fluid has about 1000.
#[derive(Clone, Debug)]
pub(crate) struct Signals {
    tissues: [f32; 18],
    pub(crate) oedema: f32,
    pub(crate) necrosis: f32,
    pub(crate) enhancing: f32,
}

impl Signals {
    /// The signals of a spin echo, PD (1 - exp(-TR/T1)) exp(-TE/T2), with echo and repetition time and
    /// each T2 drawn for this subject.
    pub(crate) fn draw(stream: &mut Stream) -> Self {
        let echo = stream.normal(0.092, 0.004);
        let repetition = stream.normal(4.2, 0.3);
        Self::spin_echo(echo, repetition, |variation| 1.0 + stream.normal(0.0, variation))
    }

    /// The signals of any scanner and person: the further from [`Self::draw`] the larger `contrast` (0 to 1). White
    /// matter is on average a fifth darker than the cortex, as in turbo spin echoes, at most equal to it.
    pub(crate) fn draw_varied(contrast: f64, stream: &mut Stream) -> Self {
        if contrast <= 0.0 {
            return Self::draw(stream);
        }
        let mix = |usual: f64, wide: f64| usual + contrast * (wide - usual);
        let echo = mix(0.092, stream.uniform(0.070, 0.125));
        let repetition = mix(4.2, stream.uniform(2.5_f64.ln(), 8.0_f64.ln()).exp());
        let spread = mix(1.0, 2.0);
        let mut signals =
            Self::spin_echo(echo, repetition, |variation| 1.0 + stream.normal(0.0, spread * variation));
        let grey = f64::from(signals.of(Tissue::GreyMatter));
        let mut set = |tissue: Tissue, wanted: f64| {
            let usual = f64::from(signals.of(tissue));
            signals.tissues[tissue as usize] = mix(usual, wanted) as f32;
            wanted
        };
        let white = set(Tissue::WhiteMatter, grey * stream.normal(0.83, 0.08).min(1.02));
        // Folia that no voxel resolves, with fluid between them, leave the cerebellum brighter than its tissue is: in three
        // clinical scans it and the brain stem lay well above what relaxation times alone give.
        set(Tissue::CerebellarGrey, grey * stream.uniform(0.95, 1.7));
        set(Tissue::CerebellarWhite, white * stream.normal(1.15, 0.08));
        let stem = set(Tissue::BrainStem, white * stream.normal(1.22, 0.12));
        set(Tissue::NerveTissue, stem * stream.normal(1.0, 0.05));
        let deep = set(Tissue::DeepGrey, grey * stream.normal(0.87, 0.07));
        set(Tissue::Pallidum, deep * stream.normal(0.80, 0.08));
        // Refocusing pulses in a train leave fluid brighter than one spin echo does.
        let fluid = f64::from(signals.of(Tissue::Csf)) * mix(1.0, stream.normal(0.25, 0.15).exp());
        signals.tissues[Tissue::Csf as usize] = fluid as f32;
        signals.tissues[Tissue::Ventricle as usize] = (fluid * stream.normal(1.02, 0.03 * contrast)) as f32;
        // Most tumours are less bright than fluid.
        let necrosis = mix(f64::from(signals.necrosis), fluid * stream.uniform(0.5, 0.95));
        let oedema = mix(f64::from(signals.oedema), grey * stream.uniform(1.15, 1.6));
        let enhancing = mix(f64::from(signals.enhancing), grey * stream.uniform(1.0, 1.4));
        (signals.necrosis, signals.oedema, signals.enhancing) =
            (necrosis as f32, oedema as f32, enhancing as f32);
        for tissue in [Tissue::Marrow, Tissue::Fat, Tissue::Skin, Tissue::Muscle, Tissue::Mucosa] {
            signals.tissues[tissue as usize] *= stream.normal(0.0, 0.25 * contrast).exp() as f32;
        }
        signals
    }

    /// The signals of the mean subject.
    pub(crate) fn mean() -> Self {
        Self::spin_echo(0.092, 4.2, |_| 1.0)
    }

    fn spin_echo(echo: f64, repetition: f64, mut vary: impl FnMut(f64) -> f64) -> Self {
        let mut signal = |(density, t1, t2, variation): (f64, f64, f64, f64)| {
            let t2 = t2 * vary(variation);
            (1700.0 * density * (1.0 - (-repetition / t1).exp()) * (-echo / t2).exp()) as f32
        };
        let mut tissues = RELAXATION.map(&mut signal);
        // The same fluid fills the ventricles and surrounds the brain.
        tissues[Tissue::Ventricle as usize] = tissues[Tissue::Csf as usize];
        Self { tissues, oedema: signal(OEDEMA), necrosis: signal(NECROSIS), enhancing: signal(ENHANCING) }
    }

    #[inline]
    pub(crate) fn of(&self, tissue: Tissue) -> f32 {
        self.tissues[tissue as usize]
    }
}
