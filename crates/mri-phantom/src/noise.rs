//! Smooth random fields: periodic tiles of band-limited Gaussian noise, looked up trilinearly.

use std::f64::consts::TAU;
use std::sync::OnceLock;

use nalgebra::Vector3;

use crate::random::{Purpose, Stream};
use crate::sdf::floor;

/// Cells along each side of a tile; a power of two, so that wrapping is a bit mask.
const SIDE: usize = 64;
/// Seed of the tiles. They are the same for all subjects, who look at them from random places.
const SEED: u64 = 0x6d72_692d_7068;

/// A periodic cube of noise with mean 0 and variance 1.
pub(crate) struct Tile(Vec<f32>);

impl Tile {
    /// Noise whose waves are all about 11 cells long: its zero set is a labyrinth of sheets at a regular
    /// distance (a Gaussian random field with its spectrum on a shell).
    pub(crate) fn labyrinth() -> &'static Self {
        static TILE: OnceLock<Tile> = OnceLock::new();
        TILE.get_or_init(|| Self::band(0, 5.4, 6.6))
    }

    /// Noise with waves of 5 to 30 cells, for textures and slow variation.
    pub(crate) fn texture() -> &'static Self {
        static TILE: OnceLock<Tile> = OnceLock::new();
        TILE.get_or_init(|| Self::band(1, 2.0, 12.0))
    }

    /// Sum of plane waves with whole-numbered wave vectors (cycles per tile) of length `low..high`,
    /// amplitudes falling with the wave number.
    fn band(number: u64, low: f64, high: f64) -> Self {
        let mut stream = Stream::new(SEED, number, Purpose::Tile);
        let mut waves = Vec::new();
        while waves.len() < 56 {
            let length = low * (high / low).powf(stream.uniform(0.0, 1.0));
            let k = (stream.direction().cast::<f64>() * length).map(f64::round);
            if (low..=high).contains(&k.norm()) {
                waves.push((k, stream.uniform(0.0, TAU), 1.0 / k.norm()));
            }
        }
        let power: f64 = waves.iter().map(|(_, _, amplitude)| 0.5 * amplitude * amplitude).sum();
        let mut data = vec![0.0_f32; SIDE * SIDE * SIDE];
        for (k, phase, amplitude) in waves {
            let amplitude = amplitude / power.sqrt();
            let (turn_sin, turn_cos) = (TAU * k.z / SIDE as f64).sin_cos();
            for (row, cells) in data.chunks_exact_mut(SIDE).enumerate() {
                let (x, y) = ((row / SIDE) as f64, (row % SIDE) as f64);
                let (mut sin, mut cos) = (TAU * (k.x * x + k.y * y) / SIDE as f64 + phase).sin_cos();
                for cell in cells {
                    *cell += (amplitude * cos) as f32;
                    (sin, cos) = (sin * turn_cos + cos * turn_sin, cos * turn_cos - sin * turn_sin);
                }
            }
        }
        Self(data)
    }

    /// Values of the eight nodes around a place (in cells) and the fractions within the cell.
    #[inline]
    fn corners(&self, place: Vector3<f32>) -> ([[[f32; 2]; 2]; 2], Vector3<f32>) {
        const MASK: i32 = SIDE as i32 - 1;
        let whole = place.map(floor);
        let near = whole.map(|index| (index & MASK) as usize);
        let far = whole.map(|index| ((index + 1) & MASK) as usize);
        let node = |x: usize, y: usize, z: usize| self.0[(x * SIDE + y) * SIDE + z];
        let edge = |x: usize, y: usize| [node(x, y, near.z), node(x, y, far.z)];
        let face = |x: usize| [edge(x, near.y), edge(x, far.y)];
        ([face(near.x), face(far.x)], place - whole.map(|index| index as f32))
    }

    /// The noise at a place given in cells.
    #[inline]
    pub(crate) fn at(&self, place: Vector3<f32>) -> f32 {
        let (c, t) = self.corners(place);
        let edge = |e: [f32; 2]| e[0] + t.z * (e[1] - e[0]);
        let face = |f: [[f32; 2]; 2]| edge(f[0]) + t.y * (edge(f[1]) - edge(f[0]));
        face(c[0]) + t.x * (face(c[1]) - face(c[0]))
    }

    /// The noise and its gradient (per cell) at a place given in cells.
    #[inline]
    pub(crate) fn with_gradient(&self, place: Vector3<f32>) -> (f32, Vector3<f32>) {
        let (c, t) = self.corners(place);
        let lerp = |a: f32, b: f32, t: f32| a + t * (b - a);
        let z = |x: usize, y: usize| lerp(c[x][y][0], c[x][y][1], t.z);
        let (near, far) = (lerp(z(0, 0), z(0, 1), t.y), lerp(z(1, 0), z(1, 1), t.y));
        let dy = lerp(z(0, 1) - z(0, 0), z(1, 1) - z(1, 0), t.x);
        let dz_at = |x: usize, y: usize| c[x][y][1] - c[x][y][0];
        let dz = lerp(lerp(dz_at(0, 0), dz_at(0, 1), t.y), lerp(dz_at(1, 0), dz_at(1, 1), t.y), t.x);
        (lerp(near, far, t.x), Vector3::new(far - near, dy, dz))
    }
}

/// A tile seen through a random rotation, shift and scale: one subject's own noise.
pub(crate) struct Field {
    tile: &'static Tile,
    /// mm to cells.
    rotation: nalgebra::Matrix3<f32>,
    shift: Vector3<f32>,
}

impl Field {
    /// `cell` is the size of a tile's cell in mm.
    pub(crate) fn new(tile: &'static Tile, cell: f32, stream: &mut Stream) -> Self {
        let axis = stream.direction() * stream.uniform(0.0, 3.0) as f32;
        let rotation = nalgebra::Rotation3::from_scaled_axis(axis).into_inner() / cell;
        let shift = Vector3::from_fn(|_, _| stream.uniform(0.0, SIDE as f64) as f32);
        Self { tile, rotation, shift }
    }

    #[inline]
    pub(crate) fn at(&self, point: Vector3<f32>) -> f32 {
        self.tile.at(self.rotation * point + self.shift)
    }

    /// Value, and gradient per mm.
    #[inline]
    pub(crate) fn with_gradient(&self, point: Vector3<f32>) -> (f32, Vector3<f32>) {
        let (value, gradient) = self.tile.with_gradient(self.rotation * point + self.shift);
        (value, self.rotation.tr_mul(&gradient))
    }
}
