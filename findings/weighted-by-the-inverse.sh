#!/bin/sh
# nipype's Overlap can weight the mean Dice of several labels: with "volume", says its documentation, they "are weighted by
# class volume", with "squared_vol" by its square. It divides by the volume, and by its square: the smallest label counts most.
# A brain of 4000 voxels that is right and a lesion of 8 voxels that is half found, 0.67, have a mean of 0.999 by volume;
# Overlap says 0.667, the lesion's own score. Papers that report the weighted overlap report something else than they say.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile nipype==1.11.0 nibabel==5.4.2 numpy==2.3.5 scipy==1.16.3
cd "$folder"
venv/bin/python -W ignore - <<'PYTHON'
import os, nibabel, nipype, numpy as np
from nipype.algorithms.metrics import Overlap, OverlapInputSpec
print("nipype", nipype.__version__)
print("documentation of weighting:", " ".join(OverlapInputSpec().traits()["weighting"].desc.split()))
truth = np.zeros((20, 20, 20), np.uint8)
truth[:10], truth[12:14, 12:14, 12:14] = 1, 2
found = truth.copy()
found[12:14, 12:14, 13] = 0
for name, labels in {"truth.nii": truth, "found.nii": found}.items():
    nibabel.save(nibabel.Nifti1Image(labels, np.eye(4)), name)
volumes = np.array([(truth == 1).sum(), (truth == 2).sum()], float)
seen = {}
for weighting, power in {"none": 0, "volume": 1, "squared_vol": 2}.items():
    scores = Overlap(volume1=os.path.abspath("truth.nii"), volume2=os.path.abspath("found.nii"), weighting=weighting).run().outputs
    dice = np.array(scores.roi_di)
    means = [float((dice * weights).sum() / weights.sum()) for weights in [volumes**power, volumes**-power]]
    seen[weighting] = float(scores.dice), *means
    print(f"{weighting}: Dice {dice.round(4)}, mean by nipype {scores.dice:.4f},",
          f"weighted by volume^{power} {means[0]:.4f}, by 1 / volume^{power} {means[1]:.4f}")
for weighting in ["volume", "squared_vol"]:
    by_nipype, stated, inverse = seen[weighting]
    assert abs(by_nipype - inverse) < 1e-4 and stated - by_nipype > 0.3, "the behaviour has changed"
PYTHON
