#!/bin/sh
# ants.average_images averages scans, or lesion masks, whose average is the share of patients with a lesion at a voxel. Unless
# told otherwise it divides each image by its own mean first; the documentation has "normalize : boolean" for it, neither what it
# does nor that it is on. A small lesion then weighs more than a large one: of 10 masks, a place in 6 with lesions of 8 voxels
# gets 307, one in 4 with lesions of 64 voxels 25.6, where the shares are 0.6 and 0.4. Scans lose their units, too: of two T2
# maps, 80 and 120 ms in each voxel, the mean is 1, not 100. With normalize=False all is right.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile antspyx==0.6.3 numpy==2.3.5 scipy==1.15.3
cd "$folder"
venv/bin/python - <<'PYTHON'
from importlib.metadata import version
import ants, numpy as np
print("antspyx", version("antspyx"))
masks = np.zeros((10, 16, 16, 16), np.float32)
masks[:4, 2:6, 2:6, 2:6] = 1  # four patients have a lesion of 64 voxels here
masks[4:, 10:12, 10:12, 10:12] = 1  # six have one of 8 voxels there
maps = np.stack([np.full((16, 16, 16), value, np.float32) for value in [80, 120]])
assert "normalize : boolean" in ants.average_images.__doc__ and "divide" not in ants.average_images.__doc__
seen = {}
for name, options in {"as it is": {}, "normalize=False": {"normalize": False}}.items():
    shares = ants.average_images([ants.from_numpy(mask) for mask in masks], **options).numpy()
    average = ants.average_images([ants.from_numpy(map_) for map_ in maps], **options).numpy()
    seen[name] = [round(float(value), 2) for value in (shares[3, 3, 3], shares[11, 11, 11], average[8, 8, 8])]
    print("{}: masks, lesion in 4 of 10 {:g}, in 6 of 10 {:g}; maps of 80 and 120 ms {:g}".format(name, *seen[name]))
assert seen["as it is"] == [25.6, 307.2, 1] and seen["normalize=False"] == [0.4, 0.6, 100], "the behaviour has changed"
PYTHON
