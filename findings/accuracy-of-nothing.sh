#!/bin/sh
# grand-challenge-metrics, the package for the evaluations of grand-challenge.org, has accuracies_from_confusion_matrix,
# "accuracy scores for all N classes". It divides by the number of voxels with //, Python's division without the remainder: all
# that is not perfect is 0. A model that labels 99.7 % of the voxels right and one that errs everywhere get the same accuracy,
# 0, and the only other score that anybody can reach is 1. Dice and Jaccard from the same matrix are divided as they should be.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --no-deps grand-challenge-metrics==0.6.0 numpy==2.3.5 scipy==1.16.3
cd "$folder"
venv/bin/python - <<'PYTHON'
from importlib.metadata import version
import numpy as np
from grand_challenge_metrics import stats
print("grand-challenge-metrics", version("grand-challenge-metrics"))
truth = np.zeros((20, 20, 20), int)
truth[4:10], truth[10:14] = 1, 2
good = truth.copy()
good[10, 0] = 1  # 20 voxels of 8000
found = {}
for name, labels in {"perfect": truth, "20 voxels wrong": good, "all wrong": (truth + 1) % 3}.items():
    matrix = stats.calculate_confusion_matrix(truth, labels, [0, 1, 2])
    by_hand = [float(((truth == label) == (labels == label)).mean()) for label in range(3)]
    found[name] = stats.accuracies_from_confusion_matrix(matrix).tolist(), by_hand
    dice = stats.dice_from_confusion_matrix(matrix)
    print(f"{name}: accuracy {found[name][0]}, by hand {np.round(by_hand, 4)}, Dice {dice.round(3)}")
assert [found[name][0] for name in found] == [[1, 1, 1], [1, 0, 0], [0, 0, 0]], "the behaviour has changed"
assert min(found["20 voxels wrong"][1]) > 0.99, "the behaviour has changed"
PYTHON
