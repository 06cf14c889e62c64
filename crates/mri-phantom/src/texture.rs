//! What keeps a tissue from being of one brightness: smooth inhomogeneity, vessels, and spots that come with age.

use crate::noise::{Field, Tile};
use crate::random::Stream;
use crate::sdf::{Vec3, smoothstep, v};
use crate::tissue::Tissue;

/// Relative deviation of the signal at full strength over waves of 20 to 120 mm and over waves of 5 to 30 mm.
const COARSE: f32 = 0.035;
const FINE: f32 = 0.025;

/// Smooth variation within each tissue, independent between tissues.
pub(crate) struct Texture {
    strength: f32,
    coarse: Field,
    fine: Field,
}

impl Texture {
    pub(crate) fn draw(strength: f64, stream: &mut Stream) -> Self {
        Self {
            strength: (strength * stream.uniform(0.5, 1.5)) as f32,
            coarse: Field::new(Tile::texture(), 4.0, stream),
            fine: Field::new(Tile::texture(), 1.0, stream),
        }
    }

    /// Factor on the signal of `tissue` at a point (mm).
    #[inline]
    pub(crate) fn gain(&self, tissue: Tissue, point: Vec3) -> f32 {
        // Each tissue looks at the fields from another place.
        let place = point + Vec3::repeat(37.0 * f32::from(tissue as u8));
        1.0 + self.strength * (COARSE * self.coarse.at(place) + FINE * self.fine.at(place))
    }
}

/// Vessels: curves on which two fields are both zero, dark for the blood that flows through them.
pub(crate) struct Vessels {
    fields: [Field; 2],
    radius: f32,
}

impl Vessels {
    pub(crate) fn draw(stream: &mut Stream) -> Self {
        Self {
            fields: [(); 2].map(|()| Field::new(Tile::labyrinth(), 2.6, stream)),
            radius: stream.uniform(0.5, 0.9) as f32,
        }
    }

    /// Share (0 to 1) of a sample in fluid that a vessel fills. Those at the base of the brain are wider.
    #[inline]
    pub(crate) fn share(&self, point: Vec3, footprint: f32) -> f32 {
        let [one, other] = [0, 1].map(|index| {
            let (value, slope) = self.fields[index].with_gradient(point);
            value / slope.norm().max(1e-3)
        });
        let radius = self.radius * (1.0 + 0.8 * smoothstep(-15.0, -35.0, point.z));
        (0.5 - (one.hypot(other) - radius) / footprint).clamp(0.0, 1.0)
    }
}

/// White-matter hyperintensities of healthy ageing: caps and bands along the ventricles and a few spots.
pub(crate) struct Hyperintensities {
    /// 0 to 1.
    extent: f32,
    field: Field,
    /// Middle and radius (mm).
    spots: Vec<(Vec3, f32)>,
}

impl Hyperintensities {
    pub(crate) fn draw(extent: f32, stream: &mut Stream) -> Self {
        let field = Field::new(Tile::texture(), 1.6, stream);
        let count = (f64::from(extent) * stream.uniform(4.0, 40.0)) as usize;
        let spots = (0..count)
            .map(|_| {
                let side = if stream.uniform(0.0, 1.0) < 0.5 { -1.0 } else { 1.0 };
                let mut within = |low: f64, high: f64| stream.uniform(low, high) as f32;
                let middle = v(side * within(14.0, 44.0), within(-75.0, 50.0), within(-5.0, 48.0));
                (middle, within(0.8, 2.6))
            })
            .collect();
        Self { extent, field, spots }
    }

    /// Share (0 to 1) by which white matter at a point, `distance` mm off the ventricles, has turned bright.
    #[inline]
    pub(crate) fn share(&self, point: Vec3, distance: f32) -> f32 {
        let mut share = 0.0_f32;
        if distance < 12.0 {
            let depth = 8.0 * self.extent * smoothstep(-0.8, 1.8, self.field.at(point));
            share = smoothstep(depth + 0.6, 0.5 * depth - 0.4, distance);
        }
        for &(middle, radius) in &self.spots {
            let offset = point - middle;
            if offset.norm_squared() < 16.0 {
                share = share.max(smoothstep(1.3, 0.6, offset.norm() / radius));
            }
        }
        0.85 * share
    }
}
