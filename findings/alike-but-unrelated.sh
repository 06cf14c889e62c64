#!/bin/sh
# The universal quality index (UQI) compares local means, variances and correlation: 1 for equal images, 0 for unrelated ones,
# below 0 for a negative. sewar's uqi has averages where the formula has sums: it subtracts the product of the means from 64
# times the mean of the products, so that next to nothing is left of variance and correlation. Two fields of noise about one
# mean get 0.99, noise and its negative 0.98, noise and a flat grey 0.995. A reconstruction that has lost all anatomy, but not
# its brightness, is reported as nearly perfect.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile sewar==0.4.10 numpy==2.3.5 scipy==1.16.3
cd "$folder"
venv/bin/python - <<'PYTHON'
from importlib.metadata import version
import numpy as np
from scipy.ndimage import uniform_filter
from sewar import uqi
print("sewar", version("sewar"))
def by_definition(a, b, size=8):
    mean_a, mean_b, aa, bb, ab = (uniform_filter(image, size) for image in [a, b, a * a, b * b, a * b])
    variance_a, variance_b, covariance = aa - mean_a**2, bb - mean_b**2, ab - mean_a * mean_b
    quality = 4 * covariance * mean_a * mean_b / ((variance_a + variance_b) * (mean_a**2 + mean_b**2))
    return quality[size:-size, size:-size].mean()
random = np.random.default_rng(0)
scan, other = random.normal(1000, 100, (2, 128, 128))
found = {}
for name, image in {"itself": scan, "other noise": other, "its negative": 2000 - scan, "a constant of 1000": np.full_like(scan, 1000)}.items():
    found[name] = float(uqi(scan, image, ws=8)), float(by_definition(scan, image))
    print(f"noise against {name}: {found[name][0]:.3f} by sewar, {found[name][1]:.3f} by definition")
assert min(found["other noise"][0], found["its negative"][0], found["a constant of 1000"][0]) > 0.97, "the behaviour has changed"
assert np.isclose(found["itself"], 1).all() and abs(found["other noise"][1]) < 0.05 and found["its negative"][1] < -0.95, "the behaviour has changed"
PYTHON
