#!/bin/sh
# ants.resample_image changes the voxel size of a scan. Without further words one expects linear interpolation, which
# ants.apply_transforms and ants.resample_image_to_target choose, and whose number, 0, stands first in the list of kinds. The
# default is 1, the nearest neighbour: slices of 2 mm are repeated to make 1 mm, edges become steps, and noise is not
# averaged. Measured on such a scan, texture and reconstruction errors are those of the steps.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile antspyx==0.6.3 numpy==2.3.5
cd "$folder"
venv/bin/python - <<'PYTHON'
import ants, numpy as np
print("ANTsPy", ants.__version__)
ramp = np.broadcast_to(10 * np.arange(10, dtype=np.float32)[:, None, None], (10, 6, 6)).copy()
scan = ants.from_numpy(ramp, spacing=(2.0, 1.0, 1.0))
grid = ants.from_numpy(np.zeros((20, 6, 6), np.float32))
rows = {
    "resample_image": ants.resample_image(scan, (1, 1, 1)),
    "resample_image, interp_type=0": ants.resample_image(scan, (1, 1, 1), interp_type=0),
    "resample_image_to_target": ants.resample_image_to_target(scan, grid),
    "apply_transforms": ants.apply_transforms(grid, scan, []),
}
print("a ramp of 5 a mm, slices of 2 mm, resampled to 1 mm")
for name, image in rows.items():
    rows[name] = image.numpy()[:19, 3, 3]
    print(f"{name}: {rows[name]}")
first, *others = rows.values()
assert all(np.allclose(row, 5 * np.arange(19), atol=1e-3) for row in others), "the behaviour has changed"
assert set(first) == set(range(0, 100, 10)), "the behaviour has changed"
PYTHON
