#!/bin/sh
# nilearn.image.mean_img averages a list of scans into a template, or a list of lesion masks into a map of frequencies. It adds
# them up in the type they are stored in, and divides afterwards. MR is stored as int16, masks as uint8: of 40 scans with 1000 in
# a voxel the mean is -638, of 300 masks with a lesion at one place the frequency is 0.15, for only 44 of them are left. Up to
# 32 such scans and 255 masks all is right, so a test on a few shows nothing. The same scans as one 4D file, or as float32, are
# averaged as they should be. The result is float64, and there is neither a warning nor a word on it in the documentation.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile nilearn==0.14.1 nibabel==5.4.2 numpy==2.3.5 scipy==1.16.3
cd "$folder"
venv/bin/python -W error::RuntimeWarning - <<'PYTHON'
import nibabel, nilearn, numpy as np
from nilearn.image import mean_img
print("nilearn", nilearn.__version__, "nibabel", nibabel.__version__)
seen = {}
def average(name, value, type_, number, series=False):
    volume = np.zeros((6, 6, 6), type_)
    volume[2:4, 2:4, 2:4] = value
    if series:
        images = nibabel.Nifti1Image(np.stack([volume] * number, axis=-1), np.eye(4))
    else:
        nibabel.save(nibabel.Nifti1Image(volume, np.eye(4)), "scan.nii")
        images = ["scan.nii"] * number
    mean = mean_img(images)
    seen[name, number] = round(float(np.asarray(mean.dataobj)[3, 3, 3]), 3)
    print(f"{number} {name} with {value}: mean {seen[name, number]:g}, as {mean.dataobj.dtype}")
for number in [20, 32, 33, 40]:
    average("scans of int16", 1000, np.int16, number)
average("scans of float32", 1000, np.float32, 40)
average("volumes of one int16 series", 1000, np.int16, 40, series=True)
for number in [255, 256, 300]:
    average("masks of uint8", 1, np.uint8, number)
wrong = {key: value for key, value in seen.items() if value != (1 if key[0].startswith("masks") else 1000)}
assert wrong == {
    ("scans of int16", 33): round((33000 - 65536) / 33, 3), ("scans of int16", 40): round((40000 - 65536) / 40, 3),
    ("masks of uint8", 256): 0, ("masks of uint8", 300): round(44 / 300, 3),
}, "the behaviour has changed"
PYTHON
