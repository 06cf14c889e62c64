#!/bin/sh
# HD95, the 95th percentile of the Hausdorff distance: by its usual definition one takes the percentile in each direction, from
# the prediction to the truth and back, and then the larger one, as DeepMind's surface-distance does. MedPy's hd95 throws both
# directions together first. A false lesion with 7 % of the prediction's surface is then less than 5 % of all, and is not seen:
# 0 mm, where surface-distance says 24 mm. MedPy's documentation does not say which of the two it computes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile MedPy==0.5.2 Surface-Distance-Based-Measures==0.1 numpy==2.3.5 scipy==1.15.3
cd "$folder"
venv/bin/python - <<'PYTHON'
from importlib.metadata import version
import numpy as np
from medpy.metric.binary import hd, hd95
from surface_distance import compute_robust_hausdorff, compute_surface_distances
print("MedPy", version("MedPy"), "surface-distance", version("Surface-Distance-Based-Measures"))
truth = np.zeros((60, 60, 60), bool)
truth[5:35, 5:35, 5:35] = True
found = {}
for side in [4, 9, 14]:
    prediction = truth.copy()
    prediction[45 : 45 + side, 45 : 45 + side, 45 : 45 + side] = True  # far from the tumour
    distances = compute_surface_distances(truth, prediction, (1, 1, 1))
    found[side] = hd95(prediction, truth), compute_robust_hausdorff(distances, 95)
    print(f"right in each voxel, and a false lesion of {side}^3 voxels: HD95 by MedPy {found[side][0]:.1f} mm, "
          f"by surface-distance {found[side][1]:.1f} mm; Hausdorff {hd(prediction, truth):.1f} mm")
assert found[4] == (0, 0) and found[9][0] == 0 and found[9][1] > 20 and min(found[14]) > 20, "the behaviour has changed"
PYTHON
