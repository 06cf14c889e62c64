//! The networks against PyTorch, and against themselves.

use ndarray::Array3;
use serde::Deserialize;

use super::Network;

/// What `golden.py` has computed.
#[derive(Deserialize)]
struct Golden {
    coarse: Depths,
    fine: Depths,
}

#[derive(Deserialize)]
struct Depths {
    /// Voxel and depth (mm).
    at: Vec<(usize, usize, usize, f32)>,
    mean: f32,
}

fn volume(channel: usize) -> Array3<f32> {
    Array3::from_shape_fn((16, 24, 40), |(x, y, z)| {
        ((7 * x + 13 * y + 29 * z + 5 * channel + x * y * z) % 31) as f32 / 31.0
    })
}

#[test]
fn depths_are_those_of_pytorch() {
    let golden: Golden = serde_json::from_str(include_str!("golden.json")).unwrap();
    let [one, two] = [0, 1].map(volume);
    let found = [Network::coarse().depth(&[&one]), Network::fine().depth(&[&one, &two])];
    for (found, golden) in found.iter().zip([golden.coarse, golden.fine]) {
        assert!((found.mean().unwrap() - golden.mean).abs() < 1e-3);
        for (x, y, z, depth) in golden.at {
            let found = found[[x, y, z]];
            assert!((found - depth).abs() < 1e-3, "{found} instead of {depth} mm at {:?}", [x, y, z]);
        }
    }
}

#[test]
fn depths_are_the_same_at_any_number_of_threads() {
    let volume = volume(0);
    let depth = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Network::coarse().depth(&[&volume]))
    };
    assert_eq!(depth(1), depth(3));
}
