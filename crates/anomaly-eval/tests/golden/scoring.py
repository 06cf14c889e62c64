"""Reference values from NumPy and SciPy for src/scoring/tests.rs.

Run: python scoring.py    (writes scoring.json beside this file)
Made with numpy 2.4, scipy 1.17.
"""

import json
from pathlib import Path

import numpy as np
from scipy import ndimage

rng = np.random.default_rng(12)
shape, spacing = (11, 9, 8), (1.0, 1.5, 2.0)
brain = ndimage.gaussian_filter(rng.random(shape), 1.0) > 0.47
brain[2:9, 2:7, 2:6] = True
scan = np.round(rng.random(shape) ** 2, 4).astype(np.float32)
reconstruction = np.round(0.3 + 0.5 * rng.random(shape) ** 3, 4).astype(np.float32)
healthy = np.round(rng.random((4, *shape)) ** 3, 4).astype(np.float32)
brains = rng.random((4, *shape)) < 0.9
mm, floor = 2.0, 0.7
sigma = [mm / step for step in spacing]


def smooth(volume):
    return ndimage.gaussian_filter(volume.astype(float), sigma, mode="constant")


def within(volume):
    return np.where(brain, smooth(volume * brain) / np.where(brain, smooth(brain), 1), 0)


def matched():
    steps = np.linspace(0, 1, 101)
    source, target = (np.quantile(volume[brain].astype(float), steps) for volume in (scan, reconstruction))
    return np.where(brain, np.interp(scan, source, target), scan)


def place():
    near = smooth(brains.sum(0))
    mean = smooth((healthy * brains).sum(0)) / near
    spread = np.sqrt(smooth((healthy.astype(float) ** 2 * brains).sum(0)) / near - mean**2)
    typical = np.sqrt(np.average(spread**2, weights=brains.sum(0)))
    return mean, np.maximum(spread, floor * typical)


def numbers(volume):
    return [float(f"{value:.7g}") for value in np.asarray(volume, float).ravel()]


def flags(mask):
    return "".join("1" if flag else "0" for flag in mask.ravel())


mean, spread = place()
depth = ndimage.distance_transform_edt(brain, sampling=spacing)
case = {
    "shape": shape,
    "spacing": spacing,
    "brain": flags(brain),
    "scan": numbers(scan),
    "reconstruction": numbers(reconstruction),
    "depth": numbers(depth),
    "mm": mm,
    "smoothed": numbers(within(scan)),
    "matched": numbers(matched()),
    "healthy": [numbers(volume) for volume in healthy],
    "brains": [flags(mask) for mask in brains],
    "floor": floor,
    "mean": numbers(mean),
    "spread": numbers(spread),
    "median_7": numbers(ndimage.median_filter(scan, size=7, mode="nearest")),
}
Path(__file__).with_name("scoring.json").write_text(json.dumps(case, separators=(",", ":")) + "\n")
