//! What differs from one head to the next.

use nalgebra::{Matrix3, Vector3};

use crate::anatomy::BRAIN_CENTRE;
use crate::noise::{Field, Tile};
use crate::random::Stream;
use crate::sdf::{Vec3, v};

/// The middle of the mean brain in anatomical coordinates (origin near the anterior commissure).
const ANATOMICAL_CENTRE: Vec3 = v(0.0, -22.0, 9.5);
/// Half axes (mm) of the ball of points over which a head's warp is made free of rigid motion.
const BRAIN_RADII: Vec3 = v(68.0, 80.0, 60.0);

/// Sizes and random fields of one head.
pub(crate) struct Shape {
    /// Thickness of the fluid between brain and skull (mm).
    pub(crate) fluid: f32,
    /// Thickness of the skull (mm).
    pub(crate) skull: f32,
    /// Thickness of the scalp (mm).
    pub(crate) scalp: f32,
    /// Factor on the radii of the ventricles.
    pub(crate) ventricles: f32,
    /// Half width of a sulcus far below the surface (mm); a little below 0 the walls touch.
    pub(crate) sulcus_width: f32,
    /// Mean depth of the primary sulci (mm).
    pub(crate) sulcus_depth: f32,
    /// Thickness of the cortex (mm).
    pub(crate) cortex: f32,
    /// Zero set: the primary sulci, looked at on the surface of the hemispheres.
    pub(crate) primary: Field,
    /// Zero set: the shallow secondary sulci.
    pub(crate) secondary: Field,
    /// Varies the depth of sulci and the thickness of bone and scalp.
    pub(crate) slow: Field,
    /// Bends sulci with depth, and the folia.
    pub(crate) bend: Field,
    /// Fine texture of all tissues.
    pub(crate) grain: Field,
    scale: Vec3,
    warp: Warp,
}

impl Shape {
    /// A random head.
    pub(crate) fn draw(stream: &mut Stream) -> Self {
        let size = stream.normal(1.0, 0.018);
        let scale = Vector3::from_fn(|_, _| (size * stream.normal(1.0, 0.014)) as f32);
        // Age widens sulci and ventricles together, each also has its own variation.
        let atrophy = stream.uniform(0.0, 1.0);
        Self {
            fluid: (1.6 + 1.6 * atrophy + stream.normal(0.0, 0.25)) as f32,
            skull: stream.normal(6.8, 0.8) as f32,
            scalp: stream.normal(5.5, 0.9) as f32,
            ventricles: (0.75 + 0.4 * atrophy + stream.normal(0.0, 0.09)) as f32,
            sulcus_width: (-0.1 + 0.4 * atrophy + stream.normal(0.0, 0.04)) as f32,
            sulcus_depth: stream.normal(17.0, 1.0) as f32,
            cortex: stream.normal(2.7, 0.12) as f32,
            scale,
            warp: Warp::draw(stream, WARP_DEVIATION),
            ..Self::mean(stream)
        }
    }

    /// The mean head, with sulci where `stream` puts them.
    pub(crate) fn mean(stream: &mut Stream) -> Self {
        Self {
            fluid: 2.4,
            skull: 6.8,
            scalp: 5.5,
            ventricles: 0.95,
            sulcus_width: 0.1,
            sulcus_depth: 17.0,
            cortex: 2.7,
            primary: Field::new(Tile::labyrinth(), 2.5, stream),
            secondary: Field::new(Tile::labyrinth(), 1.5, stream),
            slow: Field::new(Tile::texture(), 3.2, stream),
            bend: Field::new(Tile::texture(), 2.2, stream),
            grain: Field::new(Tile::texture(), 0.45, stream),
            scale: v(1.0, 1.0, 1.0),
            warp: Warp::draw(stream, 0.0),
        }
    }

    /// Atlas point to anatomical coordinates of the mean head.
    #[inline]
    pub(crate) fn to_anatomical(&self, point: Vec3) -> Vec3 {
        let from_centre = point - BRAIN_CENTRE;
        ANATOMICAL_CENTRE + (from_centre + self.warp.at(from_centre)).component_div(&self.scale)
    }
}

/// Standard deviation (mm) of each component of the smooth warp.
const WARP_DEVIATION: f32 = 1.5;

/// A smooth displacement without rigid motion of the brain, so that the pose of a head is well defined:
/// it is the rigid motion that fits the brain best in the sense of least squares.
struct Warp {
    components: [Field; 3],
    amplitude: f32,
    shift: Vec3,
    rotation: Vec3,
}

impl Warp {
    fn draw(stream: &mut Stream, amplitude: f32) -> Self {
        let components = std::array::from_fn(|_| Field::new(Tile::texture(), 11.0, stream));
        let mut warp = Self { components, amplitude, shift: Vec3::zeros(), rotation: Vec3::zeros() };
        let (mut shift, mut moment, mut inertia, mut count) =
            (Vec3::zeros(), Vec3::zeros(), Matrix3::<f32>::zeros(), 0.0);
        for cell in 0..12 * 12 * 12 {
            let node = v((cell / 144) as f32, (cell / 12 % 12) as f32, (cell % 12) as f32);
            let unit = node.map(|n| (n - 5.5) / 5.5);
            if unit.norm() <= 1.0 {
                let point = unit.component_mul(&BRAIN_RADII);
                let displacement = warp.at(point);
                shift += displacement;
                moment += point.cross(&displacement);
                inertia += Matrix3::identity() * point.norm_squared() - point * point.transpose();
                count += 1.0;
            }
        }
        warp.shift = shift / count;
        // The inertia of a solid ellipsoid can always be inverted.
        warp.rotation = inertia.try_inverse().map_or(Vec3::zeros(), |inverse| inverse * moment);
        warp
    }

    #[inline]
    fn at(&self, point: Vec3) -> Vec3 {
        if self.amplitude == 0.0 {
            return Vec3::zeros();
        }
        let [x, y, z] = &self.components;
        let raw = v(x.at(point), y.at(point), z.at(point)) * self.amplitude;
        raw - self.shift - self.rotation.cross(&point)
    }
}
