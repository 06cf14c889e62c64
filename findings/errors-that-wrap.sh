#!/bin/sh
# pymia measures by MAE, MSE and RMSE how far a reconstruction is from the truth, and subtracts the arrays in the type they
# have. SimpleITK reads MR as uint16 or int16. In uint16 a voxel that is darker by 1 counts as an error of 65535: of an image
# that is off by 1 everywhere, half of it darker, the mean absolute error is 32768. In int16 squares overflow from 182 on:
# errors of 190 have a negative mean square and a root of NaN. PSNR, which scikit-image computes, is right, so a table of
# results contradicts itself. pymia asks for float neither in its documentation of these measures nor at run time.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --no-deps pymia==0.3.4 numpy==2.3.5 SimpleITK==2.5.7 scikit-image==0.26.0 \
    scipy==1.16.3 lazy-loader==0.4 packaging==25.0 networkx==3.5 pillow==12.0.0
cd "$folder"
venv/bin/python - <<'PYTHON'
from importlib.metadata import version
import numpy as np
from pymia.evaluation import metric as metrics
print("pymia", version("pymia"))
kinds = {
    "MAE": metrics.MeanAbsoluteError, "MSE": metrics.MeanSquaredError, "RMSE": metrics.RootMeanSquaredError,
    "PSNR": metrics.PeakSignalToNoiseRatio,
}
truth = np.random.default_rng(0).integers(200, 1200, (16, 16, 16))
slightly = truth + np.where(np.indices(truth.shape).sum(axis=0) % 2, 1, -1)  # off by 1, brighter or darker
plainly = truth + np.where(np.indices(truth.shape).sum(axis=0) % 2, 190, -190)
found = {}
for case, image in {"off by 1": slightly, "off by 190": plainly}.items():
    for type_ in [np.float64, np.uint16, np.int16]:
        for name, kind in kinds.items():
            measure = kind()
            measure.reference, measure.prediction = truth.astype(type_), image.astype(type_)
            found[case, type_, name] = float(measure.calculate())
        print(f"{case}, {type_.__name__}:", {name: round(found[case, type_, name], 3) for name in kinds})
assert found["off by 1", np.float64, "MAE"] == 1 and found["off by 1", np.uint16, "MAE"] == 32768, "the behaviour has changed"
assert found["off by 190", np.float64, "MSE"] == 190**2 and found["off by 190", np.int16, "MSE"] == 190**2 - 65536, "the behaviour has changed"
assert np.isnan(found["off by 190", np.int16, "RMSE"]), "the behaviour has changed"
assert np.isclose(found["off by 190", np.int16, "PSNR"], found["off by 190", np.float64, "PSNR"]), "the behaviour has changed"
PYTHON
