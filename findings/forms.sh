#!/bin/sh
# Which form of a NIfTI file is used? A file with a qform of code 1 and an sform of code 2, 52 mm apart, as a scan has whose
# sform was registered to something: nibabel takes the sform, SimpleITK the qform, for it takes an sform only if its code is 1
# or there is no qform. A mask that is written with one form alone lies in two places.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet nibabel==5.4.2 SimpleITK==2.5.7 numpy==2.3.5
cd "$folder"
venv/bin/python - <<'PYTHON'
import nibabel, numpy as np, SimpleITK as sitk
print("nibabel", nibabel.__version__, "SimpleITK", sitk.Version.VersionString())
qform, sform = np.eye(4), np.eye(4)
sform[0, 3] = 52
used = {}
for sform_code in [1, 2]:
    image = nibabel.Nifti1Image(np.ones((4, 5, 6), np.uint8), np.eye(4))
    image.set_qform(qform, 1), image.set_sform(sform, sform_code)
    nibabel.save(image, "a.nii")
    x = {"nibabel": nibabel.load("a.nii").affine[0, 3], "SimpleITK": -sitk.ReadImage("a.nii").GetOrigin()[0]}
    for reader, place in x.items():
        used[reader, sform_code] = "sform" if abs(place - 52) < 1e-3 else "qform"
        print(f"qform code 1, sform code {sform_code}: {reader} puts the first voxel at x = {place + 0.0:.0f} mm ({used[reader, sform_code]})")
assert used == {
    ("nibabel", 1): "sform", ("SimpleITK", 1): "sform", ("nibabel", 2): "sform", ("SimpleITK", 2): "qform"
}, "the behaviour has changed"
PYTHON
