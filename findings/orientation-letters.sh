#!/bin/sh
# "RAS" means in nibabel, TorchIO, MONAI and SimpleITK that the axes lead to the right, the front and the top. ANTsPy names
# where they come from: reorient_image2(image, "RAS"), "RAS" being its default, gives axes that lead to the left, the back and
# the bottom, and get_orientation calls a scan "LPI" that is RAS to the others. No voxel moves in space, but arrays for a
# model that expects the others' order reach it mirrored along all three axes. Its documentation does not say which way the
# letters go.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile antspyx==0.6.3 SimpleITK==2.5.7 nibabel==5.4.2 numpy==2.3.5
cd "$folder"
venv/bin/python - <<'PYTHON'
import ants, nibabel, numpy as np, SimpleITK as sitk
print("ANTsPy", ants.__version__, "SimpleITK", sitk.Version.VersionString(), "nibabel", nibabel.__version__)
nibabel.save(nibabel.Nifti1Image(np.zeros((4, 5, 6), np.float32), np.eye(4)), "ras.nii")
ants.image_write(ants.reorient_image2(ants.image_read("ras.nii"), "RAS"), "ants.nii")
sitk.WriteImage(sitk.DICOMOrient(sitk.ReadImage("ras.nii"), "RAS"), "sitk.nii")
codes = {name: "".join(nibabel.aff2axcodes(nibabel.load(name + ".nii").affine)) for name in ["ras", "ants", "sitk"]}
print("axes by nibabel: the scan", codes["ras"], '; reoriented to "RAS" by ANTsPy', codes["ants"], "by SimpleITK", codes["sitk"])
name = ants.get_orientation(ants.image_read("ras.nii"))
print("the scan by ANTsPy's get_orientation:", name)
assert codes == {"ras": "RAS", "ants": "LPI", "sitk": "RAS"} and name == "LPI", "the behaviour has changed"
PYTHON
