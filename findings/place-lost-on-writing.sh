#!/bin/sh
# ome-zarr 0.18 writes a volume to OME-Zarr. Programs tell it voxel size and place by coordinate_transformations, which its
# documentation calls deprecated, "added to each dataset". write_multiscale adds them; write_image accepts them, says in a
# warning that Python hides by default that another argument is preferred, and drops them: the file has voxels of 1 at the
# origin. zarrnii 0.21.6 saves its NIfTI scans through it: thick slices and the place of the head are lost.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile ome-zarr==0.18.0 zarr==3.1.6 numpy==2.3.5
cd "$folder"
venv/bin/python - <<'PYTHON'
import warnings
from importlib.metadata import version
import numpy as np, zarr
from ome_zarr.writer import write_image, write_multiscale
print("ome-zarr", version("ome-zarr"), "zarr", version("zarr"))
scan = np.zeros((16, 16, 16), np.float32)
axes = [{"name": name, "type": "space", "unit": "millimeter"} for name in "zyx"]
given = [{"type": "scale", "scale": [3.0, 0.5, 0.5]}, {"type": "translation", "translation": [10.0, 20.0, 30.0]}]
written = {}
for name, write, options in [
    ("write_image", lambda *place, **rest: write_image(scan, *place, **rest), {"scale_factors": []}),
    ("write_multiscale", lambda *place, **rest: write_multiscale([scan], *place, **rest), {}),
]:
    group = zarr.open_group(f"{name}.zarr", mode="w", zarr_format=3)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        write(group, axes=axes, coordinate_transformations=[given], **options)
    said = [str(warning.message) for warning in caught if "coordinate_transformations" in str(warning.message)]
    [level] = zarr.open_group(f"{name}.zarr", mode="r").attrs["ome"]["multiscales"][0]["datasets"]
    written[name] = {key: value for part in level["coordinateTransformations"] for key, value in part.items() if key != "type"}
    print(f"{name}: {written[name]}; it says: {said}")
assert written["write_multiscale"] == {"scale": [3.0, 0.5, 0.5], "translation": [10.0, 20.0, 30.0]}, "the behaviour has changed"
assert written["write_image"]["scale"] == [1, 1, 1], "the behaviour has changed"
assert written["write_image"].get("translation", [0, 0, 0]) == [0, 0, 0], "the behaviour has changed"
PYTHON
