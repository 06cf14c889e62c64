#!/bin/sh
# miseval lists two distances: "HD", the Hausdorff distance, which it computes for slices alone, and "AHD", the average one,
# which takes volumes. "AHD" returns the larger of the two maxima, so it is the Hausdorff distance, in voxels, whatever the
# voxels measure: one stray voxel decides, which is just what an average is chosen to prevent. Papers that report an "average
# Hausdorff distance" from it, or compare it with that of another package, report another quantity.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile miseval==1.3.0 MedPy==0.5.2 numpy==2.3.5 scipy==1.15.3
cd "$folder"
venv/bin/python - <<'PYTHON'
from importlib.metadata import version
import numpy as np
from medpy.metric.binary import assd, hd
from miseval import evaluate
print("miseval", version("miseval"), "MedPy", version("MedPy"))
truth = np.zeros((40, 40, 40), np.uint8)
truth[5:15, 5:15, 5:15] = 1
prediction = truth.copy()
prediction[9, 9, 34] = 1  # one stray voxel, 20 voxels off the tumour's last slice
average = float(evaluate(truth, prediction, metric="AHD"))
print(f"miseval AHD {average:g}; MedPy: Hausdorff {hd(truth, prediction):g}, average {assd(truth, prediction):.3f} voxels")
assert average == hd(truth, prediction) == 20 and assd(truth, prediction) < 0.1, "the behaviour has changed"
PYTHON
