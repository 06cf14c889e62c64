#!/bin/sh
# How smooth a scan gets is asked in mm, so that its voxels do not matter. SimpleITK's DiscreteGaussian takes mm and builds a
# kernel of at most 32 voxels, half of them on each side, whatever width is asked for: the rest of the bell is cut off, and 6
# mm of standard deviation are 5.8 on voxels of 1 mm, but 4.2 on a quarter. From 27 voxels on the numbers of the kernel
# overflow and the whole image is NaN; in an image of whole numbers it is 0. No error or warning is shown for any of it. A wide
# blur for a bias field, or one on fine voxels, is lost that way; SmoothingRecursiveGaussian smooths alike on all.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile SimpleITK==2.5.7 numpy==2.3.5
cd "$folder"
venv/bin/python - >messages 2>&1 <<'PYTHON' || { cat messages; exit 1; }
import numpy as np, SimpleITK as sitk
print("SimpleITK", sitk.Version.VersionString())
sigma = 6.0  # mm
found = {}
for spacing in [1.0, 0.5, 0.25, 0.2]:
    count = int(120 / spacing) + 1
    plane = np.full((9, count), 100.0)
    plane[:, count // 2] = 200  # a bright line, to be smoothed to the bell
    image = sitk.GetImageFromArray(plane)
    image.SetSpacing((spacing, spacing))
    for name, smoothed in {
        "DiscreteGaussian": sitk.DiscreteGaussian(image, variance=sigma**2),
        "SmoothingRecursiveGaussian": sitk.SmoothingRecursiveGaussian(image, sigma),
    }.items():
        bell = sitk.GetArrayFromImage(smoothed)[4] - 100
        x = spacing * (np.arange(count) - count // 2)
        found[name, spacing] = float(np.sqrt((bell * x**2).sum() / bell.sum()))
        missing = int(np.isnan(sitk.GetArrayFromImage(smoothed)).sum())
        print(f"{sigma:g} mm on voxels of {spacing:4} mm, {name}: {found[name, spacing]:.2f} mm, NaN in {missing} of {plane.size} voxels")
seen = {}
for width in [26.0, 27.0]:  # voxels of 1 mm
    even = sitk.Image(60, 60, sitk.sitkInt16) + 500
    for kernel in [32, 500]:
        smoothed = sitk.GetArrayFromImage(sitk.DiscreteGaussian(even, variance=width**2, maximumKernelWidth=kernel))
        seen[width, kernel] = int(smoothed.min()), int(smoothed.max())
        print(f"int16, 500 everywhere, smoothed by {width:g} voxels, kernel of at most {kernel}: from {smoothed.min()} to {smoothed.max()}")
kept = [found["DiscreteGaussian", spacing] for spacing in [1.0, 0.25, 0.2]]
assert 5.7 < kept[0] < 6 and kept[1] < 4.5 and np.isnan(kept[2]), "the behaviour has changed"
assert all(5.7 < found["SmoothingRecursiveGaussian", spacing] < 6.1 for spacing in [1.0, 0.5, 0.25, 0.2]), "the behaviour has changed"
assert all(495 <= seen[26.0, kernel][0] and seen[26.0, kernel][1] <= 500 for kernel in [32, 500]), "the behaviour has changed"
assert all(seen[27.0, kernel] == (0, 0) for kernel in [32, 500]), "the behaviour has changed"
PYTHON
cat messages
! grep -qi warning messages || { echo "the behaviour has changed: a warning"; exit 1; }
