#!/bin/sh
# N4 of SimpleITK takes a brain mask. One expects each voxel that is not 0 to count, as masks are written with 1 or with 255.
# N4 takes voxels of exactly 1, its default "mask label". A mask of 255, the same shape, selects nothing: N4 runs to the end,
# warns of nothing and returns the image with its whole bias. Who corrects a cohort whose masks come from two programs
# corrects one half of it; an anomaly map then shows the coil's shading as disease.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile SimpleITK==2.5.7 numpy==2.3.5
cd "$folder"
venv/bin/python - <<'PYTHON'
import numpy as np, SimpleITK as sitk
print("SimpleITK", sitk.Version.VersionString())
random = np.random.default_rng(0)
shading = 1 + 0.5 * np.linspace(0, 1, 24)  # along one axis, from 100 to 150
head = (100 * shading + random.normal(0, 2, (24, 24, 24))).astype(np.float32)
brain = (slice(2, -2),) * 3
spread = {"before": head[brain].std() / head[brain].mean()}
for value in [1, 255]:
    mask = np.zeros(head.shape, np.uint8)
    mask[brain] = value
    result = sitk.N4BiasFieldCorrection(sitk.GetImageFromArray(head), sitk.GetImageFromArray(mask))
    corrected = sitk.GetArrayFromImage(result)
    spread[value] = corrected[brain].std() / corrected[brain].mean()
    print(f"mask of {value}: largest change {np.abs(corrected - head).max():.4f}")
    if value == 255:
        assert np.allclose(corrected, head, atol=1e-3), "the behaviour has changed"
for name, found in spread.items():
    print(f"variation in the brain, {name}: {100 * found:.1f} %")
assert spread[1] < 0.03 < 0.09 < spread[255], "the behaviour has changed"
PYTHON
