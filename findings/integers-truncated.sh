#!/bin/sh
# Linear resampling of whole numbers: SimpleITK truncates toward 0 where others round, which makes a CT or an int16 MR darker by
# half a unit, and moves values below 0 the other way.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet SimpleITK==2.5.7 numpy==2.3.5 scipy==1.16.3
cd "$folder"
venv/bin/python - <<'PYTHON'
import numpy as np, scipy, SimpleITK as sitk
from scipy import ndimage
print("SimpleITK", sitk.Version.VersionString(), "SciPy", scipy.__version__)
values = np.zeros((3, 3, 4), np.int16)
values[:] = [0, 10, -10, 0]
shift = sitk.TranslationTransform(3, (0.87, 0.0, 0.0))
image = sitk.GetImageFromArray(values)
found = sitk.GetArrayFromImage(sitk.Resample(image, image, shift, sitk.sitkLinear, 0))[1, 1, :3]
floats = sitk.Cast(image, sitk.sitkFloat64)
exact = sitk.GetArrayFromImage(sitk.Resample(floats, floats, shift, sitk.sitkLinear, 0.0))[1, 1, :3]
rounded = ndimage.shift(values, (0, 0, -0.87), order=1)[1, 1, :3]
print("exact", exact, "SimpleITK, int16", found, "SciPy, int16", rounded)
assert (found == np.trunc(exact)).all() and (found != np.round(exact)).any(), "the behaviour has changed"
PYTHON
