#!/bin/sh
# picai_eval, the evaluation of the PI-CAI challenge for lesion detection, gives the sensitivity for lesions over the false
# positives, lesion_TPR. Its curve is led to infinity by overwriting the last point. That is right where a lesion was missed,
# which adds a point at a certainty of 0. If all are found, the last point is that of the least certain candidate and is lost:
# three lesions found at 0.9, 0.8 and 0.7, without a false alarm, make a sensitivity of 0.67. Add a fourth that the model misses,
# and it rises to 0.75. For a map of zeros and ones with every lesion exact it is 0. The average precision of the same results
# is right, 1, so a table contradicts itself.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile SimpleITK==2.5.7 scikit-learn==1.7.2 numpy==2.3.5 scipy==1.16.3 tqdm==4.67.1 \
    packaging==25.0
"$folder/venv/bin/pip" install --quiet --no-compile --no-deps picai-eval==1.4.13
cd "$folder"
venv/bin/python - <<'PYTHON'
from importlib.metadata import version
import numpy as np
from picai_eval import evaluate
print("picai-eval", version("picai-eval"))
lesions = [slice(4, 8), slice(10, 14), slice(16, 20), slice(22, 26)]
def score(certainties):
    truth, map_ = np.zeros((2, 1, 8, 32, 32))  # a further patient is healthy
    for place, certainty in zip(lesions, certainties):
        truth[0, 2:6, place, 4:8], map_[0, 2:6, place, 4:8] = 1, certainty
    healthy = np.zeros((8, 32, 32))
    metrics = evaluate([map_[0], healthy], [truth[0].astype(np.int32), healthy.astype(np.int32)])
    return float(metrics.lesion_TPR[-1]), float(metrics.lesion_TPR_at_FPR(1)), metrics.AP, metrics.auroc
found = {}
for name, certainties in {
    "all found, at 0.9, 0.8 and 0.7": [0.9, 0.8, 0.7],
    "all found, at 1 each": [1, 1, 1],
    "three found, a fourth missed": [0.9, 0.8, 0.7, 0],
}.items():
    found[name] = score(certainties)
    text = "{}: highest sensitivity {:.2f}, at one false positive a patient {:.2f}; average precision {:.2f}, AUROC {:.2f}"
    print(text.format(name, *found[name]))
found = [tuple(round(value, 3) for value in values) for values in found.values()]
assert found == [(0.667, 0.667, 1, 1), (0, 0, 1, 1), (0.75, 0.75, 0.75, 1)], "the behaviour has changed"
PYTHON
