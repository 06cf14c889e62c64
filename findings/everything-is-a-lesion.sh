#!/bin/sh
# lesion-metrics, made for multiple sclerosis, has iou_per_lesion, "iou of each lesion", and ltpr counts a lesion as found where
# that is above a threshold. Both cut the prediction to the box around the true lesion first, so what is marked outside the box
# counts for nothing. Lesions marked eight times too large have an IoU of 1 instead of 0.125; so has a model that marks the whole
# volume, and it finds all lesions at a threshold of 0.99. jaccard of the same package, on one lesion, gives 0.125 and 0.008.
# The documentation says nothing of a box.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile lesion-metrics==0.1.12 scikit-image==0.26.0 numpy==2.3.5 scipy==1.16.3
cd "$folder"
venv/bin/python - <<'PYTHON'
from importlib.metadata import version
import numpy as np
from lesion_metrics.metrics import iou_per_lesion, jaccard, ltpr
print("lesion-metrics", version("lesion-metrics"))
places = [(3, 3, 3), (3, 12, 3), (12, 3, 12), (12, 12, 12)]
def marked(places, margin=0):
    mask = np.zeros((20, 20, 20), bool)
    for place in places:
        mask[tuple(slice(first - margin, first + 4 + margin) for first in place)] = True
    return mask
found = {}
for name, prediction in {
    "as they are": marked,
    "eight times too large": lambda places: marked(places, 2),
    "the whole volume": lambda places: np.ones((20, 20, 20), bool),
}.items():
    one = marked(places[:1])
    alone = iou_per_lesion(one, prediction(places[:1]))[0], jaccard(prediction(places[:1]), one)
    share = ltpr(prediction(places), marked(places), iou_threshold=0.99)
    found[name] = float(alone[0]), round(float(alone[1]), 3), float(share)
    text = "{}: one lesion alone, IoU {:.3f}, jaccard {:.3f}; share of four lesions found at an IoU above 0.99: {:g}"
    print(text.format(name, *found[name]))
assert list(found.values()) == [(1, 1, 1), (1, 0.125, 1), (1, 0.008, 1)], "the behaviour has changed"
PYTHON
