#!/bin/sh
# Two scans have values up to 1500. scikit-image's peak_signal_noise_ratio takes the largest number of the data type for the
# peak of the signal, as its documentation says, and gives no warning: the same two arrays of noise get 35 dB as int16, 41 as
# uint16, 131 as int32, and 8 with the true peak. structural_similarity warns of the same choice, and makes another one: for
# int16 its range is 65535, not 32767. How good a reconstruction looks is decided by the type that its file was stored in.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile scikit-image==0.26.0 numpy==2.3.5 scipy==1.16.3
cd "$folder"
venv/bin/python - <<'PYTHON'
import warnings
import numpy as np, skimage
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
print("scikit-image", skimage.__version__)
random = np.random.default_rng(0)
first, second = (random.integers(0, 1500, (20, 20, 20)) for _ in range(2))  # noise: nothing in common
found = {}
for name, given in {"int16": {}, "uint16": {}, "int32": {}, "float64": {"data_range": 1500}}.items():
    pair = first.astype(name), second.astype(name)
    said = {}
    for measure in [peak_signal_noise_ratio, structural_similarity]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found[measure.__name__, name] = float(measure(*pair, **given))
        said[measure.__name__] = [str(warning.message).split(". ")[1] for warning in caught]
    print(f"{name} {given or ''}", *(f"{key} {found[key, name]:.3f} {said[key]}" for key in said))
    assert not said["peak_signal_noise_ratio"], "the behaviour has changed"
    assert bool(said["structural_similarity"]) == (not given), "the behaviour has changed"
decibels = [found["peak_signal_noise_ratio", name] for name in ["float64", "int16", "uint16", "int32"]]
assert decibels[0] < 10 and decibels[1] > 30 and 5.9 < decibels[2] - decibels[1] < 6.1 and decibels[3] > 100, \
    "the behaviour has changed"
similar = [found["structural_similarity", name] for name in ["float64", "int16", "uint16"]]
assert similar[0] < 0.05 < 0.85 < similar[1] == similar[2], "the behaviour has changed"
PYTHON
