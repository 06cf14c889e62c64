#!/bin/sh
# intensity-normalization divides a T1 by the mode of its white matter, the last peak of a smoothed histogram. Release 2
# smoothed by the brightest value / 80, in units of the image. Release 3 gives that number to SciPy's gaussian_kde, where a
# number is a factor for the standard deviation: an image with values up to 1100 is smoothed by 13 standard deviations, and no
# peak is left. What it takes for white matter is then near the middle of the brain's values. The same scan in other units
# gets another result, which a normalisation is there to prevent. Its README mentions neither.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for release in 2.2.4 3.0.1; do
    python3 -m venv "$folder/$release"
    "$folder/$release/bin/pip" install --quiet --no-compile intensity-normalization==$release numpy==1.26.4 scipy==1.15.3
done
cd "$folder"
cat > mode.py <<'PYTHON'
import sys
from importlib.metadata import version
import numpy as np
random = np.random.default_rng(0)  # synthetic T1: CSF, grey matter, white matter with its mode at 1000
brain = np.concatenate([random.normal(*tissue) for tissue in [(300, 40, 1000), (700, 50, 4000), (1000, 40, 3000)]])
brain = brain.reshape(20, 20, 20)
release = version("intensity-normalization")
found = []
for unit in [1.0, 0.001]:
    if release.startswith("2"):
        from intensity_normalization.normalize.kde import KDENormalize
        mode = KDENormalize().calculate_scale(brain * unit)
    else:
        from intensity_normalization import KDENormalizer, create_image
        mode = KDENormalizer().fit(create_image(brain * unit)).tissue_mode
    found.append(mode / unit)
    print(f"intensity-normalization {release}: values up to {brain.max() * unit:.4g}: white matter at {mode:.4g}, which is "
          f"1000 x {mode / unit / 1000:.3f}")
off = [abs(mode / 1000 - 1) for mode in found]
if release.startswith("2"):
    assert max(off) < 0.02, "the behaviour has changed"
else:
    assert off[0] > 0.15 and abs(found[0] / found[1] - 1) > 0.15, "the behaviour has changed"
PYTHON
2.2.4/bin/python mode.py
3.0.1/bin/python mode.py
