#!/bin/sh
# Networks are fed with z-scores. batchgenerators, the augmentation package of the German Cancer Research Center,
# computes them with ZeroMeanUnitVarianceTransform and MeanStdNormalizationTransform, and puts them into an array of
# the type that came in. Of an MR as it is stored, int16, only whole numbers are left, -3 to 3, cut towards 0: all
# tissue within one standard deviation of the mean, two thirds of the voxels, is one flat 0. No error, no warning:
# the network trains on a poster of the scan.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --no-deps batchgenerators==0.25.5 numpy==2.3.5
cd "$folder"
venv/bin/python - <<'PYTHON'
from importlib.metadata import version
import numpy as np
from batchgenerators.transforms.sample_normalization_transforms import MeanStdNormalizationTransform, ZeroMeanUnitVarianceTransform
print("batchgenerators", version("batchgenerators"))
scan = np.random.default_rng(0).normal(500, 100, (1, 1, 24, 24, 24)).round()  # batch, channel and the volume
seen = {}
for name, transform in {
    "ZeroMeanUnitVariance": ZeroMeanUnitVarianceTransform(), "MeanStd": MeanStdNormalizationTransform([500.0], [100.0], per_channel=True)
}.items():
    for type_ in [np.float32, np.int16]:
        scores = transform(data=scan.astype(type_))["data"]
        seen[name, type_] = len(np.unique(scores)), float((scores == 0).mean()), float(scores.std())
        count, flat, deviation = seen[name, type_]
        print(f"{name} of {type_.__name__}: {scores.dtype}, {count} values, {100 * flat:.1f} % of them 0, standard deviation {deviation:.3f}")
    assert seen[name, np.float32][0] > 300 and abs(seen[name, np.float32][2] - 1) < 0.02, "the behaviour has changed"
    assert seen[name, np.int16][0] < 12 and 0.65 < seen[name, np.int16][1] < 0.72 and seen[name, np.int16][2] < 0.8, "the behaviour has changed"
PYTHON
