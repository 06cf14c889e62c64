#!/bin/sh
# A MINC file keeps its places as R A S, x to the right and y to the front, as NIfTI does; ITK keeps them as L P S and turns
# the signs of x and y when it reads or writes NIfTI. For MINC the ITK 5.4 inside SimpleITK turns nothing, neither on reading
# nor on writing: a scan that goes from NIfTI to MINC, or a template of the MNI that goes from MINC to NIfTI, comes out
# rotated by 180 degrees about the axis from foot to head. Left is right and front is back, for nibabel and everybody who goes
# by the file; SimpleITK itself reads its own file back as it was, so a round trip shows nothing.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile nibabel==5.4.2 SimpleITK==2.5.7 numpy==2.3.5 h5py==3.16.0
cd "$folder"
venv/bin/python - <<'PYTHON'
import nibabel, numpy as np, SimpleITK as sitk
print("nibabel", nibabel.__version__, "SimpleITK", sitk.Version.VersionString(), "ITK", sitk.Version.ITKVersionString())
affine = np.diag([1.0, 1.2, 1.5, 1])
affine[:3, 3] = [20, -30, 40]
values = np.zeros((8, 9, 10), np.int16)
values[5, 6, 7] = 900
nibabel.save(nibabel.Nifti1Image(values, affine), "scan.nii")


def bright(name):
    image = nibabel.load(name)
    voxel = np.argwhere(image.get_fdata() > 450)[0]
    return (image.affine @ np.append(voxel, 1))[:3].round(3)


before = bright("scan.nii")
sitk.WriteImage(sitk.ReadImage("scan.nii"), "scan.mnc")
sitk.WriteImage(sitk.ReadImage("scan.mnc"), "back.nii")
in_minc = bright("scan.mnc")
print("bright voxel in R A S, mm, as nibabel reads it: NIfTI", before, " MINC by SimpleITK", in_minc)
print("  the same MINC back to NIfTI by SimpleITK", bright("back.nii"))
assert np.allclose(in_minc, before * [-1, -1, 1], atol=1e-3), "the behaviour has changed"
assert np.allclose(bright("back.nii"), before, atol=1e-3), "the behaviour has changed"
PYTHON
