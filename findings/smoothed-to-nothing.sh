#!/bin/sh
# Smoothing leaves the mean as it is. SciPy's gaussian_filter of whole numbers keeps their type and does not round, as its
# resampling does, but cuts towards 0 after each axis: a volume of int16 comes out darker by half a unit for each axis, 1.5 in
# 3D, and a lesion mask of uint8, smoothed for a soft edge or a density map, is 0 everywhere. Its notes say that results "may
# be imprecise". uniform_filter does the same. scikit-image and a conversion to float keep every voxel's worth.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile scipy==1.16.3 scikit-image==0.26.0 numpy==2.3.5
cd "$folder"
venv/bin/python - <<'PYTHON'
import numpy as np, scipy, skimage
from scipy.ndimage import gaussian_filter, uniform_filter
from skimage.filters import gaussian
print("SciPy", scipy.__version__, "scikit-image", skimage.__version__)
scan = np.random.default_rng(0).integers(0, 40, (30, 30, 30)).astype(np.int16)
mask = np.zeros((15, 15, 15), np.uint8)
mask[4:11, 4:11, 4:11] = 1  # a lesion of 343 voxels
means = {
    "scan": scan.mean(),
    "smoothed, int16": gaussian_filter(scan, 1.5).mean(),
    "box of 5, int16": uniform_filter(scan, 5).mean(),
    "smoothed, float": gaussian_filter(scan.astype(float), 1.5).mean(),
    "smoothed by scikit-image": gaussian(scan, 1.5, preserve_range=True).mean(),
}
sums = {
    "uint8": int(gaussian_filter(mask, 1.0).sum()),
    "float": float(gaussian_filter(mask.astype(float), 1.0).sum()),
    "scikit-image": float(gaussian(mask, 1.0, preserve_range=True).sum()),
}
print("mean of the scan:", {name: round(float(mean), 3) for name, mean in means.items()})
print(f"sum of a mask of {mask.sum()} voxels, smoothed:", {name: round(value, 2) for name, value in sums.items()})
dark = {name: float(means["scan"] - mean) for name, mean in means.items()}
assert 1.2 < dark["smoothed, int16"] < 1.8 and 0.9 < dark["box of 5, int16"] < 1.8, "the behaviour has changed"
assert abs(dark["smoothed, float"]) < 0.05 and abs(dark["smoothed by scikit-image"]) < 0.05, "the behaviour has changed"
assert sums["uint8"] == 0 and abs(sums["float"] - 343) < 1 and abs(sums["scikit-image"] - 343) < 1, "the behaviour has changed"
PYTHON
