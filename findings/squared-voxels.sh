#!/bin/sh
# How far is a voxel from a mask? SimpleITK's DanielssonDistanceMap answers in voxels, 1, 2, 3, 4, its SignedMaurerDistanceMap
# 1, 4, 9, 16: the latter squares unless told otherwise, and both count voxels, however many millimetres those measure. The
# defaults stand in the list of parameters only. In voxels of 2 mm, a margin of "10" around a tumour reaches 6 mm with the one
# filter and 20 mm with the other, and a score that is weighted by the distance is another score.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile SimpleITK==2.5.7 numpy==2.3.5
cd "$folder"
venv/bin/python - <<'PYTHON'
import numpy as np, SimpleITK as sitk
print("SimpleITK", sitk.Version.VersionString())
mask = np.zeros((3, 3, 13), np.uint8)
mask[1, 1, 0] = 1
image = sitk.GetImageFromArray(mask)
image.SetSpacing((2, 2, 2))
steps = np.arange(13)
reach = []
for name, options, wanted in [
    ("SignedMaurerDistanceMap", {}, steps**2),
    ("DanielssonDistanceMap", {}, steps),
    ("SignedDanielssonDistanceMap", {}, steps),
    ("SignedMaurerDistanceMap", {"squaredDistance": False, "useImageSpacing": True}, 2 * steps),
]:
    distances = np.abs(sitk.GetArrayFromImage(getattr(sitk, name)(image, **options))[1, 1])
    within = 2 * int((distances <= 10).sum() - 1)
    print(f"{name}, {options or 'defaults'}: {distances.tolist()}; voxels of at most 10 reach {within} mm")
    reach.append(within)
    assert np.allclose(distances, wanted, atol=1e-4), "the behaviour has changed"
assert reach == [6, 20, 20, 10], "the behaviour has changed"
PYTHON
