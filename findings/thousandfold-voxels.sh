#!/bin/sh
# A NIfTI file says what its lengths are: metres, millimetres or micrometres. Scans of small brains, of histology and of light
# sheets use the last. SimpleITK converts to millimetres as it reads: voxels of 50 micrometres are 0.05. nibabel, whose
# documentation has an affine lead to millimetres, hands out 50. To it the same scan has voxels a thousand times as long, a
# volume is 10^9 times as many mm3, and a mask that SimpleITK made of the scan, and wrote in mm, has shrunk to a speck outside
# it. NRRD has units, too, and there SimpleITK takes the 50 as they are.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile nibabel==5.4.2 SimpleITK==2.5.7 pynrrd==1.1.3 numpy==2.3.5
cd "$folder"
venv/bin/python - <<'PYTHON'
from importlib.metadata import version
import nibabel, nrrd, numpy as np, SimpleITK as sitk
from nibabel.affines import voxel_sizes
print("nibabel", nibabel.__version__, "SimpleITK", sitk.Version.VersionString(), "pynrrd", version("pynrrd"))
values = np.arange(4 * 5 * 6, dtype=np.int16).reshape(4, 5, 6)
affine = np.diag([50.0, 50.0, 50.0, 1.0])
affine[:3, 3] = [-100, -200, 300]
scan = nibabel.Nifti1Image(values, affine)
scan.header.set_xyzt_units("micron")
scan.set_qform(affine, 1), scan.set_sform(affine, 1)
nibabel.save(scan, "scan.nii")
scan, read = nibabel.load("scan.nii"), sitk.ReadImage("scan.nii")
print("NIfTI, units", scan.header.get_xyzt_units()[0])
print("  nibabel: voxels of", voxel_sizes(scan.affine), "first voxel at", scan.affine[:3, 3])
print("  SimpleITK: voxels of", read.GetSpacing(), "first voxel at", read.GetOrigin(), "(x and y to the left and back)")
sitk.WriteImage(read > 50, "mask.nii")
mask = nibabel.load("mask.nii")
print("  mask by SimpleITK: units", mask.header.get_xyzt_units()[0], "voxels of", voxel_sizes(mask.affine).round(6), "by nibabel")
nrrd.write("scan.nrrd", values, {
    "space": "left-posterior-superior", "space directions": affine[:3, :3], "space origin": affine[:3, 3], "space units": ["um"] * 3
})
other = sitk.ReadImage("scan.nrrd")
print("NRRD, units um\n  SimpleITK: voxels of", other.GetSpacing(), "first voxel at", other.GetOrigin())
assert np.allclose(voxel_sizes(scan.affine), 50) and np.allclose(read.GetSpacing(), 0.05), "the behaviour has changed"
assert np.allclose(read.GetOrigin(), [0.1, 0.2, 0.3]) and np.allclose(voxel_sizes(mask.affine), 0.05), "the behaviour has changed"
assert np.allclose(other.GetSpacing(), 50) and np.allclose(other.GetOrigin(), [-100, -200, 300]), "the behaviour has changed"
PYTHON
