#!/bin/sh
# Dilating a mask by a ball of radius 1: in scikit-image the ball is the 6 neighbours, all voxels up to a distance of 1.
# SimpleITK's sitkBall, the default of its binary morphology, takes all up to 1.5, the 18 neighbours: ITK adds half a voxel to
# the radius unless told that it "is parametric", which SimpleITK has no parameter for and its documentation does not mention.
# At radius 3 the ball has 179 voxels, not 123, so "dilated by 3 mm" means two things, and a tolerance rim, a margin or an
# eroded brain mask does not carry over from one package to the other.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile SimpleITK==2.5.7 scikit-image==0.26.0 numpy==2.3.5
cd "$folder"
venv/bin/python - <<'PYTHON'
import numpy as np, SimpleITK as sitk, skimage
from skimage.morphology import ball, dilation
print("SimpleITK", sitk.Version.VersionString(), "scikit-image", skimage.__version__)
voxel = np.zeros((15, 15, 15), np.uint8)
voxel[7, 7, 7] = 1
counts = []
for radius in [1, 2, 3]:
    theirs = sitk.GetArrayFromImage(sitk.BinaryDilate(sitk.GetImageFromArray(voxel), [radius] * 3, sitk.sitkBall))
    ours = dilation(voxel, ball(radius))
    reach = [np.linalg.norm(np.argwhere(mask) - 7, axis=1).max() for mask in (theirs, ours)]
    print(f"radius {radius}: SimpleITK {theirs.sum()} voxels, up to {reach[0]:.2f}; scikit-image {ours.sum()}, up to {reach[1]:.2f}")
    counts.append((int(theirs.sum()), int(ours.sum())))
assert counts == [(19, 7), (81, 33), (179, 123)], "the behaviour has changed"
PYTHON
