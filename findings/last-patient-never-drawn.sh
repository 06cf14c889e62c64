#!/bin/sh
# A confidence interval of the area under a ROC curve: grand-challenge-metrics draws as many patients as there are, with
# replacement, a hundred times over. It draws their numbers by randint(0, n - 1), whose upper end NumPy leaves out: the last
# patient is never drawn. The interval does not know of him; if his is the tumour that the model has missed, the interval can
# lie above the area itself. The same list turned round gives another interval. Among twenty patients that is one in twenty.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile grand-challenge-metrics==0.6.0 scikit-learn==1.7.2 numpy==2.3.5 scipy==1.16.3
cd "$folder"
venv/bin/python - <<'PYTHON'
from importlib.metadata import version
import numpy as np
from grand_challenge_metrics.roc import get_bootstrapped_roc_ci_curves
from sklearn.metrics import roc_auc_score
print("grand-challenge-metrics", version("grand-challenge-metrics"), "scikit-learn", version("scikit-learn"))
healthy, tumours = np.linspace(0.05, 0.42, 14), np.linspace(0.25, 0.95, 6)[::-1]
truth = np.r_[np.zeros(14, int), np.ones(6, int)]
seen = {}
for case, last in {"found": 0.9, "missed": 0.0}.items():
    scores = np.r_[healthy, tumours[:-1], last]
    for order, pick in {"last": np.arange(20), "first": np.r_[19, np.arange(19)]}.items():
        curves = get_bootstrapped_roc_ci_curves(scores[pick], truth[pick], num_bootstraps=500)
        area = roc_auc_score(truth[pick], scores[pick])
        seen[case, order] = float(curves.low_az_val), float(curves.high_az_val), float(area)
        print(f"one tumour {case}, its patient {order} of the list: area {area:.3f}, interval {curves.low_az_val:.3f} to {curves.high_az_val:.3f}")
assert seen["found", "last"][:2] == seen["missed", "last"][:2], "the behaviour has changed"
assert seen["missed", "last"][0] > seen["missed", "last"][2], "the behaviour has changed"
assert seen["missed", "first"][0] < seen["missed", "first"][2] < seen["missed", "first"][1], "the behaviour has changed"
PYTHON
