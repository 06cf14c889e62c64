#!/bin/sh
# A morphological closing fills holes and gaps; by definition it never takes a voxel away. SciPy's binary_closing does at the
# border of the array: its erosion takes what lies outside for background, so each iteration removes a layer of mask there.
# A brain mask in a tight crop, or a neck cut by the field of view, loses three slices at three iterations. border_value=1
# is no way out: the dilation takes it too, and floods the mask from the border. scikit-image keeps the rim.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile scipy==1.16.3 scikit-image==0.26.0 numpy==2.3.5
cd "$folder"
venv/bin/python - <<'PYTHON'
import numpy as np, scipy, skimage
from scipy import ndimage
from skimage.morphology import ball, closing
print("SciPy", scipy.__version__, "scikit-image", skimage.__version__)
brain = np.zeros((20, 24, 24), bool)
brain[:15, 5:19, 5:19] = True  # the field of view cuts it at slice 0
brain[7, 12, 12] = False  # a hole
lost = {}
for iterations in [1, 2, 3]:
    closed = ndimage.binary_closing(brain, iterations=iterations)
    lost[iterations] = int((brain & ~closed).sum())
    slices = [index for index in range(15) if not closed[index].any()]
    print(f"SciPy, {iterations} iterations: hole filled: {bool(closed[7, 12, 12])}, {lost[iterations]} voxels lost, "
          f"empty slices {slices}")
    assert slices == list(range(iterations)), "the behaviour has changed"
flooded = ndimage.binary_closing(brain, iterations=3, border_value=1)
added = int((flooded & ~brain).sum())
other = closing(brain, ball(3))
print(f"SciPy, 3 iterations, border_value=1: {added} voxels added")
print(f"scikit-image, ball of 3: {int((brain & ~other).sum())} voxels lost, {int((other & ~brain).sum())} added")
assert min(lost.values()) >= 14 * 14 and added > 1000, "the behaviour has changed"
assert not (brain & ~other).any() and (other & ~brain).sum() == 1, "the behaviour has changed"
PYTHON
