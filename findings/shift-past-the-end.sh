#!/bin/sh
# The crate ndarray-ndimage is meant as a replacement of scipy.ndimage. Shifting a volume with a constant border fills what
# comes from outside with the constant, as SciPy does, at the low end of an axis; at the high end the plane that comes from
# less than a voxel beyond the last centre is filled with mirrored tissue, at the level of the image. A volume that is moved
# to the left and to the right, as in test-time augmentation or motion correction, keeps a plane on one side and loses it on
# the other, and a mask of "what was inside" made from the constant is too large.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/shift/src"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile scipy==1.16.3 numpy==2.3.5
cd "$folder/shift"
cat > Cargo.toml <<'TOML'
[package]
name = "shift"
version = "0.1.0"
edition = "2021"
[dependencies]
ndarray = "=0.17.2"
ndarray-ndimage = "=0.6.0"
TOML
cat > src/main.rs <<'RUST'
use ndarray::{s, Array3};
use ndarray_ndimage::{shift, BorderMode};

fn main() {
    let volume = Array3::from_shape_fn((5, 5, 5), |(x, _, _)| 10.0 + x as f64);
    for by in [0.4, -0.4] {
        let moved = shift(&volume, [by, 0.0, 0.0], 1, BorderMode::Constant(0.0), true);
        println!("{}", moved.slice(s![.., 2, 2]).iter().map(|v| format!("{v:.1}")).collect::<Vec<_>>().join(" "));
    }
}
RUST
cargo run --quiet > ../rust.txt
cd ..
venv/bin/python - <<'PYTHON'
import numpy as np, scipy
from scipy import ndimage
volume = np.broadcast_to((10.0 + np.arange(5))[:, None, None], (5, 5, 5))
rust = np.loadtxt("rust.txt")
theirs = np.array([ndimage.shift(volume, (by, 0, 0), order=1, mode="constant", cval=0.0)[:, 2, 2] for by in (0.4, -0.4)])
print("a ramp 10 11 12 13 14, linear, constant 0")
for by, found, wanted in zip((0.4, -0.4), rust, theirs):
    print(f"shift by {by}: ndarray-ndimage 0.6.0 {found}, SciPy {scipy.__version__} {wanted.round(1)}")
assert np.allclose(rust[0], theirs[0]) and rust[1, -1] > 13 and theirs[1, -1] == 0, "the behaviour has changed"
assert np.allclose(rust[1, :-1], theirs[1, :-1]), "the behaviour has changed"
PYTHON
