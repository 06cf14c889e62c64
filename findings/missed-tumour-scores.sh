#!/bin/sh
# A model misses the tumour: its mask is empty. The distance between the surfaces is then undefined, and one expects NaN,
# infinity or an error, as segmentationmetrics and MedPy give. seg-metrics answers 0 mm for HD95, Hausdorff and mean distance,
# the score of a perfect mask. miseval takes a distance map of a volume without any background, which SciPy fills with the
# distance to a point outside the array's first corner: a number that looks sound, and depends on where in the array the
# tumour lies. Means over a cohort get better, or change with cropping, for each tumour that is missed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile seg-metrics==1.2.8 miseval==1.3.0 segmentationmetrics==1.2.0 MedPy==0.5.2 numpy==2.3.5 \
    scipy==1.15.3 SimpleITK==2.5.7
cd "$folder"
venv/bin/python - 2>/dev/null <<'PYTHON'
from importlib.metadata import version
import numpy as np
from medpy.metric.binary import hd
from miseval import evaluate
from seg_metrics.seg_metrics import write_metrics
from segmentationmetrics import SegmentationMetrics
print(*(f"{name} {version(name)}" for name in ["seg-metrics", "miseval", "segmentationmetrics", "MedPy", "scipy"]), sep=", ")
empty = np.zeros((40, 40, 40), np.uint8)
tumours = {"near the first corner": slice(3, 9), "near the last corner": slice(30, 36)}
seen = {}
for place, part in tumours.items():
    truth = empty.copy()
    truth[part, part, part] = 1
    [row] = write_metrics(labels=[1], gdth_img=truth, pred_img=empty, spacing=np.ones(3), csv_file=None)
    zero = {name: float(row[name][0]) for name in ["hd", "hd95", "msd", "dice"]}
    misses = float(evaluate(truth, empty, metric="AHD"))
    other = SegmentationMetrics(empty, truth, (1, 1, 1)).hausdorff_distance
    try:
        refused = f"{hd(empty, truth)}"
    except RuntimeError as error:
        refused = str(error)
    print(f"tumour {place}, empty prediction:\n  seg-metrics {zero}\n  miseval AHD {misses:.2f} voxels")
    print(f"  segmentationmetrics hausdorff {other}\n  MedPy hd: {refused}")
    seen[place] = zero["hd"], zero["hd95"], zero["msd"], misses
first, last = seen.values()
assert first[:3] == last[:3] == (0, 0, 0) and first[3] < 20 < 55 < last[3] < np.inf, "the behaviour has changed"
PYTHON
