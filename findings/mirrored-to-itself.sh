#!/bin/sh
# sitk.Flip mirrors a scan, for augmentation or to compare the two halves of a brain. It reverses the voxels, and the direction
# and origin along with them: each voxel stays where it was in space. "The image is flipped with respect to the coordinate
# axes", says the documentation. Whoever looks at the array sees a mirror image; a viewer, a registration, nibabel with
# as_closest_canonical and Resample onto the scan see the scan itself. A training set that is doubled on disk has each head
# twice; left minus right, the one resampled onto the other, is 0 everywhere. With flipAboutOrigin=True the head is mirrored, at
# x = 0, wherever that is in it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile SimpleITK==2.5.7 nibabel==5.4.2 numpy==2.3.5
cd "$folder"
venv/bin/python - <<'PYTHON'
import nibabel, numpy as np, SimpleITK as sitk
print("SimpleITK", sitk.Version.VersionString(), "nibabel", nibabel.__version__)
values = np.zeros((12, 16, 20), np.int16)
values[5:8, 6:9, 2:5] = 100  # a lesion on one side
scan = sitk.GetImageFromArray(values)
scan.SetOrigin((-9.5, -8.0, -6.0))  # the middle of the 20 voxels at x = 0
sitk.WriteImage(scan, "scan.nii.gz")
def place(image):
    centre = np.argwhere(np.asarray(image.dataobj)).mean(axis=0)
    return float(nibabel.affines.apply_affine(image.affine, centre)[0])
before, seen = place(nibabel.load("scan.nii.gz")), {}
for about_origin in [False, True]:
    mirror = sitk.Flip(scan, (True, False, False), about_origin)
    sitk.WriteImage(mirror, "mirror.nii.gz")
    image = nibabel.load("mirror.nii.gz")
    reversed_ = (sitk.GetArrayFromImage(mirror) == values[:, :, ::-1]).all()
    canonical = [np.asarray(nibabel.as_closest_canonical(each).dataobj) for each in [nibabel.load("scan.nii.gz"), image]]
    resampled = sitk.GetArrayFromImage(sitk.Resample(mirror, scan))
    seen[about_origin] = bool((canonical[0] == canonical[1]).all()), bool((resampled == values).all()), place(image)
    print(f"flipAboutOrigin={about_origin}: voxels reversed: {reversed_}; lesion at x = {before:.1f} mm in the scan, "
          f"{place(image):.1f} in the mirror image;\n"
          f"  canonical arrays equal: {seen[about_origin][0]}; equal after Resample onto the scan: {seen[about_origin][1]}")
    assert reversed_, "the behaviour has changed"
assert seen[False] == (True, True, before) and seen[True] == (False, False, -before) and before != 0, "the behaviour has changed"
PYTHON
