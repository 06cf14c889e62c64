#!/bin/sh
# nipype's Overlap gives Dice and Jaccard for each label of two label maps. It finds the smallest type that holds the labels of
# the first map and casts the second to it. FreeSurfer's aseg ends at 255; its aparc+aseg numbers the cortex from 1001 to 2035,
# and these come back modulo 256: 1026, a part of the cingulate cortex, as 2, white matter; 1028, frontal cortex, as 4, a
# ventricle. A map that calls all white matter 1026 has a perfect Dice with one that calls it 2. With the two files the other
# way round, the score is 0. There is no message; a typo in a table of labels, or a wrong column, can look like agreement.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile nipype==1.11.0 nibabel==5.4.2 numpy==2.3.5 scipy==1.16.3
cd "$folder"
venv/bin/python -W ignore - <<'PYTHON'
import os, nibabel, nipype, numpy as np
from nipype.algorithms.metrics import Overlap
print("nipype", nipype.__version__)
first = np.zeros((12, 12, 12), np.int16)
first[2:8], first[8:10] = 2, 4  # white matter and a ventricle, as numbered by FreeSurfer
second = np.zeros_like(first)
second[2:8], second[8:10] = 1026, 1028  # two areas of the cortex
for name, labels in {"first.nii": first, "second.nii": second}.items():
    nibabel.save(nibabel.Nifti1Image(labels, np.eye(4)), name)
seen = {}
for pair in [("first.nii", "second.nii"), ("second.nii", "first.nii")]:
    scores = Overlap(volume1=os.path.abspath(pair[0]), volume2=os.path.abspath(pair[1])).run().outputs
    seen[pair[0]] = float(scores.dice), scores.labels, scores.roi_di
    print(f"{pair[0]} against {pair[1]}: labels {scores.labels}, Dice of each {scores.roi_di}, mean {scores.dice}")
print("voxels with the same label in both, but for the background:", int(((first == second) & (first > 0)).sum()))
assert seen["first.nii"] == (1, [2, 4], [1, 1]) and seen["second.nii"] == (0, [1026, 1028], [0, 0]), "the behaviour has changed"
PYTHON
