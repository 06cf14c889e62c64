#!/bin/sh
# Specificity is the share of healthy voxels that a model leaves alone; it needs all of them. platipy's
# compute_metric_specificity first crops both masks to the box that just holds them: auto_crop, which does no harm to Dice, is
# on here, too, and the documentation says nothing of it. What counts as healthy is then whatever is left of the box. A tumour
# found 2 mm off its place has a specificity of 0 instead of 0.996. One more error, a stray voxel far away, raises it to 0.985.
# platipy's own compute_volume_metrics calls the same quantity trueNegativeFraction and does not crop.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --no-deps platipy==0.7.2
"$folder/venv/bin/pip" install --quiet --no-compile SimpleITK==2.5.7 numpy==2.3.5 scipy==1.16.3 scikit-image==0.26.0 matplotlib==3.10.7
cd "$folder"
venv/bin/python - <<'PYTHON'
from importlib.metadata import version
import numpy as np, SimpleITK as sitk
from platipy.imaging.label.comparison import compute_metric_specificity, compute_volume_metrics
print("platipy", version("platipy"), "SimpleITK", sitk.Version.VersionString())
truth = np.zeros((60, 60, 60), np.uint8)
truth[20:40, 20:40, 20:40] = 1
shifted = np.roll(truth, 2, axis=2)
stray = shifted.copy()
stray[58, 58, 2] = 1
seen = {}
for name, mask in {"2 mm off": shifted, "2 mm off, and a stray voxel": stray}.items():
    pair = sitk.GetImageFromArray(truth), sitk.GetImageFromArray(mask)
    false = int((mask > truth).sum())
    by_hand = 1 - false / int((truth == 0).sum())
    seen[name] = [compute_metric_specificity(*pair), compute_metric_specificity(*pair, auto_crop=False), by_hand]
    print(f"{name}: {false} false voxels, specificity {seen[name][0]:.4f}, without auto_crop {seen[name][1]:.4f}, by hand {by_hand:.4f}")
    assert np.isclose(compute_volume_metrics(*pair)["trueNegativeFraction"], by_hand)
assert all(np.isclose(values[1], values[2]) and values[2] > 0.99 for values in seen.values()), "the behaviour has changed"
assert seen["2 mm off"][0] == 0 and seen["2 mm off, and a stray voxel"][0] > 0.85, "the behaviour has changed"
PYTHON
