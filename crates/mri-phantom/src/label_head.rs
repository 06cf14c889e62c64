//! A head whose anatomy comes from a label map, as that of a new person.

use mri_io::Volume;
use ndarray::Array3;

use crate::ageing::{Ventricles, Years};
use crate::anatomy::{Anatomy, Sample};
use crate::label_space::{BrainBox, CLOSING, Corners, Occupied, Placement, hull_distance, linear};
use crate::labels::{STRUCTURES, structure_of, tissue_of_structure, widens};
use crate::noise::{Field, Tile};
use crate::random::{Purpose, Stream};
use crate::sdf::{Vec3, smoothstep};
use crate::texture::{Hyperintensities, Texture, Vessels};
use crate::tissue::{Signals, Tissue};
use crate::warp::Warp;
use crate::{Error, People, Result};
use mri_io::morphology::distance_to;

/// A label map in atlas space, centred on its brain, and what makes a person of it.
pub(crate) struct LabelHead {
    structures: Array3<u8>,
    placement: Placement,
    /// Distance (mm) to the hull of the brain, in a box of voxels that begins at `box_start`.
    hull: Array3<f32>,
    box_start: Vec3,
    occupied: Occupied,
    signals: Signals,
    /// Signal of each structure.
    levels: [f32; STRUCTURES],
    grain: Field,
    septa: Field,
    warp: Option<Warp>,
    age: Option<Age>,
    texture: Option<Texture>,
    vessels: Option<Vessels>,
}

/// What the years have done.
struct Age {
    years: Years,
    ventricles: Ventricles,
    /// Signed distance (mm) from the fluid around the brain to its tissue, negative in the fluid, in the brain's box.
    fluid: Array3<f32>,
    spots: Hyperintensities,
}

impl LabelHead {
    pub(crate) fn new(labels: &Volume<u16>, people: &People, seed: u64, subject: u64) -> Result<Self> {
        let structures = structures(labels)?;
        let brain = structures.map(|&structure| is_in_brain(structure));
        let spacing = labels.affine().spacing();
        let within = BrainBox::around(&brain, spacing)
            .ok_or_else(|| Error::Labels("the map holds no label of the brain".into()))?;
        let placement = Placement::centred(labels, &brain);
        let stream = |purpose| Stream::new(seed, subject, purpose);
        let age = people.age.map(|range| {
            let mut stream = stream(Purpose::Age);
            let years = Years::draw(range, &mut stream);
            let cavity = within.mask(&labels.data(), |&label| widens(label));
            Age {
                years,
                ventricles: Ventricles::new(&cavity, spacing, &placement, within.start(), years.ventricles),
                fluid: fluid_distance(&structures, &within, spacing),
                spots: Hyperintensities::draw(
                    years.white_matter * people.hyperintensities as f32,
                    &mut stream,
                ),
            }
        });
        let mut stream_of_signals = stream(Purpose::Signal);
        let signals = Signals::draw_varied(people.contrast, &mut stream_of_signals);
        let mut textures = stream(Purpose::Texture);
        let mut shape = stream(Purpose::Shape);
        Ok(Self {
            hull: hull_distance(&within.mask(&brain.view(), |&inside| inside), spacing),
            box_start: within.start(),
            occupied: Occupied::new(&structures),
            structures,
            placement,
            levels: levels(&signals, people.contrast, &mut stream_of_signals),
            signals,
            grain: Field::new(Tile::texture(), 0.45, &mut shape),
            septa: Field::new(Tile::texture(), 2.2, &mut shape),
            warp: (people.deformation > 0.0)
                .then(|| Warp::draw(people.deformation, &mut stream(Purpose::Warp))),
            age,
            texture: (people.texture > 0.0).then(|| Texture::draw(people.texture, &mut textures)),
            vessels: people.vessels.then(|| Vessels::draw(&mut textures)),
        })
    }

    /// Where in the map's head a point of this one lies, both in atlas space (mm).
    #[inline]
    fn warped(&self, point: Vec3) -> Vec3 {
        self.warp.as_ref().map_or(point, |warp| warp.apply(point))
    }

    /// Texture and fat of what the map calls soft tissue: subcutaneous fat above, muscle with septa of fat
    /// below.
    #[inline]
    fn soft_tissue(&self, point: Vec3) -> f32 {
        let high = smoothstep(-25.0, 15.0, point.z);
        let septum = smoothstep(0.25, 0.05, self.septa.at(point).abs());
        let fat = high.max(0.7 * septum);
        let (muscle, full) = (self.signals.of(Tissue::Muscle), self.signals.of(Tissue::Fat));
        (1.0 - fat) * muscle + 0.85 * fat * full
    }

    /// Mixes the structures around a place (voxels).
    #[inline]
    fn mixture(&self, place: Vec3, point: Vec3) -> Sample {
        let mut sample = Sample::AIR;
        let (mut largest, mut soft) = (0.0, 0.0);
        let Some(structures) = self.structures.as_slice() else { return sample };
        for (index, weight) in Corners::around(place, self.structures.dim()).voxels {
            let structure = structures[index];
            let tissue = tissue_of_structure(structure);
            match tissue {
                Tissue::Muscle => soft += weight,
                _ => sample.signal += weight * self.levels[usize::from(structure)],
            }
            if tissue == Tissue::WhiteMatter {
                sample.white += weight;
            }
            if weight > largest {
                (largest, sample.tissue) = (weight, tissue);
            }
        }
        if soft > 0.0 {
            sample.signal += soft * self.soft_tissue(point);
        }
        sample
    }

    /// Lays what age and vessels bring over a sample.
    #[inline]
    fn overlay(&self, sample: &mut Sample, place: Vec3, point: Vec3, distance: f32, footprint: f32) {
        if let Some(age) = &self.age
            && (sample.tissue.is_brain() || sample.tissue == Tissue::Csf)
        {
            let bright = sample.white * age.spots.share(point, distance);
            sample.signal += bright * (self.signals.oedema - sample.signal);
            let depth = linear(&age.fluid, place - self.box_start, CLOSING);
            age.move_pia(sample, depth, footprint, &self.signals);
        }
        if sample.tissue == Tissue::Csf
            && let Some(vessels) = &self.vessels
        {
            sample.signal *= 1.0 - 0.85 * vessels.share(point, footprint);
        }
    }
}

impl Age {
    /// Moves the border between fluid and brain, `depth` mm away in the map.
    #[inline]
    fn move_pia(&self, sample: &mut Sample, depth: f32, footprint: f32, signals: &Signals) {
        // Where the map has a share of fluid of its own, only what goes beyond it counts.
        let share = |border: f32| (0.5 + (border - depth) / footprint).clamp(0.0, 1.0);
        let change = share(self.years.sulci) - share(0.0);
        let fluid = signals.of(Tissue::Csf);
        if change > 0.0 && sample.tissue.is_brain() {
            sample.signal += change * (fluid - sample.signal);
            sample.white *= 1.0 - change;
            if depth < self.years.sulci {
                sample.tissue = Tissue::Csf;
            }
        } else if change < 0.0 {
            sample.signal -= change * (signals.of(Tissue::GreyMatter) - sample.signal).min(0.0);
            if depth > self.years.sulci && sample.tissue == Tissue::Csf {
                sample.tissue = Tissue::GreyMatter;
            }
        }
    }
}

/// Signed distance (mm) from the border of the fluid around the brain, in the box: negative in fluid.
fn fluid_distance(structures: &Array3<u8>, within: &BrainBox, spacing: [f64; 3]) -> Array3<f32> {
    let is_fluid = |&structure: &u8| structure == Tissue::Csf as u8;
    let fluid = within.mask(&structures.view(), is_fluid);
    let tissue = within.mask(&structures.view(), |&structure| tissue_of_structure(structure).is_brain());
    distance_to(&fluid, spacing)
        - distance_to(&tissue, spacing) * fluid.mapv(|inside| f32::from(u8::from(inside)))
}

/// The structure of each voxel.
fn structures(labels: &Volume<u16>) -> Result<Array3<u8>> {
    let mut unknown = None;
    let structures = labels.data().as_standard_layout().map(|&label| {
        structure_of(label).unwrap_or_else(|| {
            unknown = unknown.or(Some(label));
            0
        })
    });
    match unknown {
        None => Ok(structures),
        Some(label) => Err(Error::Labels(format!(
            "label {label} is neither of FreeSurfer's nor one of SynthSeg's 502 to 530: relabel it, or set it to 0"
        ))),
    }
}

/// Signal of each structure: that of its tissue, varied by 4 % at full contrast.
fn levels(signals: &Signals, contrast: f64, stream: &mut Stream) -> [f32; STRUCTURES] {
    std::array::from_fn(|structure| {
        let factor = if structure < Tissue::ALL.len() { 1.0 } else { stream.normal(1.0, 0.04 * contrast) };
        signals.of(tissue_of_structure(structure as u8)) * factor as f32
    })
}

/// Whether a structure belongs to the brain or fills its ventricles.
fn is_in_brain(structure: u8) -> bool {
    let tissue = tissue_of_structure(structure);
    tissue.is_brain() || tissue == Tissue::Ventricle
}

impl Anatomy for LabelHead {
    fn sample(&self, point: Vec3, footprint: f32) -> Sample {
        let here = self.warped(point);
        let (came, distance) = self.age.as_ref().map_or((Vec3::zeros(), 0.0), |age| age.ventricles.at(here));
        let place = self.placement.to_voxel(here + came);
        let mut sample = self.mixture(place, point);
        if sample.signal > 0.0 {
            self.overlay(&mut sample, place, point, distance, footprint);
            let even = sample.tissue.is_brain() || matches!(sample.tissue, Tissue::Csf | Tissue::Ventricle);
            let coarse = if even { 0.02 } else { 0.08 };
            sample.signal *= 1.0 + coarse * self.grain.at(point);
            if let Some(texture) = &self.texture
                && sample.tissue.is_brain()
            {
                sample.signal *= texture.gain(sample.tissue, point);
            }
        }
        sample.hull = linear(&self.hull, self.placement.to_voxel(here) - self.box_start, CLOSING);
        sample
    }

    fn hull(&self, point: Vec3) -> f32 {
        // Outside the box around the brain all that counts is: outside.
        let place = self.placement.to_voxel(self.warped(point));
        linear(&self.hull, place - self.box_start, CLOSING)
    }

    fn is_empty(&self, point: Vec3, radius: f32) -> bool {
        let stretch = self.warp.as_ref().map_or(1.0, Warp::stretch);
        let reach = self.placement.linear.map(f32::abs) * Vec3::repeat(stretch * radius) + Vec3::repeat(1.0);
        self.occupied.none_within(self.placement.to_voxel(self.warped(point)), reach)
    }

    fn signals(&self) -> &Signals {
        &self.signals
    }
}
