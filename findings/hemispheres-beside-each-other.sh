#!/bin/sh
# nilearn.image.swap_img_hemispheres mirrors a map at the midline, for asymmetry maps and "synchronizing ROIs across
# hemispheres". It reverses the array and leaves the affine, so that the mirror stands in the middle of the field of view,
# wherever that is. In the templates of the MNI this is x = 0; in a cropped scan it is not. With one from -30 to 70 mm a lesion
# at 20 mm is put at 20 mm again, on its own side and not at -20. The documentation asks for a "sagitally aligned" image and
# says that this "does not require a change of the affine matrix", which holds for a centred one alone.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile nilearn==0.14.1 nibabel==5.4.2 numpy==2.3.5 scipy==1.16.3
cd "$folder"
venv/bin/python -W ignore - <<'PYTHON'
import nibabel, nilearn, numpy as np
from nilearn.image import resample_to_img, swap_img_hemispheres
print("nilearn", nilearn.__version__, "nibabel", nibabel.__version__)
def x_of_lesion(image):
    return float(nibabel.affines.apply_affine(image.affine, np.argwhere(np.asarray(image.dataobj) > 0.5))[:, 0].mean())
found = {}
for first, last in [(-90, 90), (-91, 90), (-30, 70)]:  # mm
    values = np.zeros((last - first + 1, 12, 12), np.float32)
    values[20 - first, 5, 5] = 1  # a lesion at x = 20 mm
    affine = np.diag([1.0, 1, 1, 1])
    affine[0, 3] = first
    scan = nibabel.Nifti1Image(values, affine)
    found[first, last] = x_of_lesion(swap_img_hemispheres(scan))
    print(f"field of view from {first} to {last} mm: lesion at x = {x_of_lesion(scan):g} mm, after the swap at x = {found[first, last]:g} mm")
assert found == {(-90, 90): -20, (-91, 90): -21, (-30, 70): 20}, "the behaviour has changed"
PYTHON
