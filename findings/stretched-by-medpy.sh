#!/bin/sh
# medpy.filter.resample takes an image "to a new voxel-spacing" and writes that spacing into the header. The image itself it
# zooms so that the first and last voxels stay first and last: 24 slices of 5 mm, whose centres span 115 mm, become 120 slices
# that the header says span 119 mm. The brain is stretched by 3.5 % along that axis; the first slice lies where it lay, the
# last 4 mm off it. SimpleITK, on the grid that MedPy's header describes, shows how far. A segmentation of the resampled scan
# comes back shifted, a volume in ml too large, and a registration has a scale to find that no scanner made.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile MedPy==0.5.2 SimpleITK==2.5.7 numpy==2.3.5 scipy==1.15.3
cd "$folder"
venv/bin/python - <<'PYTHON'
from importlib.metadata import version
import numpy as np, SimpleITK as sitk
from medpy import io
from medpy.filter import resample
print("MedPy", version("MedPy"), "SimpleITK", sitk.Version.VersionString())
heights = np.broadcast_to((5.0 * np.arange(24))[:, None, None], (24, 6, 6))  # each voxel holds its own height in mm
scan = sitk.GetImageFromArray(heights)
scan.SetSpacing((1, 1, 5))
sitk.WriteImage(scan, "scan.mha")
image, header = io.load("scan.mha")
resampled, header = resample(image, header, (1, 1, 1), bspline_order=1)
io.save(resampled, "resampled.mha", header)
written = sitk.ReadImage("resampled.mha")
right = sitk.GetArrayFromImage(sitk.Resample(scan, written))[:, 3, 3]
found = sitk.GetArrayFromImage(written)[:, 3, 3]
for slice_ in [0, 40, 80, 115]:
    place = written.TransformIndexToPhysicalPoint((3, 3, slice_))[2]
    print(f"slice {slice_}, {place:g} mm by the header: tissue of {found[slice_]:.2f} mm by MedPy, {right[slice_]:.2f} mm by SimpleITK")
print(f"last slice, {written.GetSpacing()[2] * (len(found) - 1):g} mm by the header: tissue of {found[-1]:g} mm by MedPy")
assert len(found) == 120 and written.GetSpacing() == (1, 1, 1) and written.GetOrigin() == scan.GetOrigin()
assert np.allclose(right[:116], np.arange(116)) and np.isclose(found[-1], 115) and np.isclose(found[115], 115 * 115 / 119), \
    "the behaviour has changed"
PYTHON
