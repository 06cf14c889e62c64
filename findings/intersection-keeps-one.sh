#!/bin/sh
# nilearn's intersect_masks(masks, threshold=1) is documented as the intersection. It is the largest connected piece of it,
# because a further parameter, connected, is True unless one says otherwise. That suits brain masks; it also serves lesion masks
# of two raters or two methods just as silently. Of two lesions, on which both agree in each voxel, the smaller one is gone;
# so is every lesion but one of a scan with multiple sclerosis.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile nilearn==0.14.1 nibabel==5.4.2 numpy==2.3.5 scipy==1.16.3
cd "$folder"
venv/bin/python -W ignore - <<'PYTHON'
import nibabel, nilearn, numpy as np
from nilearn.masking import intersect_masks
from scipy import ndimage
print("nilearn", nilearn.__version__)
lesions = np.zeros((20, 20, 20), np.uint8)
lesions[2:6, 2:6, 2:6] = 1
lesions[12:15, 12:15, 12:15] = 1
raters = [nibabel.Nifti1Image(lesions, np.eye(4)) for _ in range(2)]  # they agree everywhere
counts = {}
for options in [{}, {"connected": False}]:
    agreed = intersect_masks(raters, threshold=1, **options).get_fdata() > 0
    counts[str(options)] = ndimage.label(agreed)[1], int(agreed.sum())
    print(f"intersect_masks, {options or 'defaults'}: lesions: {counts[str(options)][0]}, {counts[str(options)][1]} voxels")
print(f"each rater: lesions: {ndimage.label(lesions)[1]}, {lesions.sum()} voxels")
assert counts == {"{}": (1, 64), "{'connected': False}": (2, 91)}, "the behaviour has changed"
PYTHON
