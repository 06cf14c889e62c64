"""FreeSurfer's files and their values from nibabel for tests/golden.rs.

Run: python mgh.py    (writes mgh/ and mgh.json beside this script)
Made with numpy 2.4, nibabel 5.4.
"""

import json
import shutil
from pathlib import Path

import nibabel
import numpy as np
from scipy.spatial.transform import Rotation

here = Path(__file__).parent
files = here / "mgh"
shutil.rmtree(files, ignore_errors=True)
files.mkdir()
rng = np.random.default_rng(2026)
shape = (3, 4, 5)
oblique = np.eye(4)
oblique[:3, :3] = Rotation.from_euler("xyz", [20, -35, 60], degrees=True).as_matrix() * [0.9, 1.1, -3.0]
oblique[:3, 3] = [-31.5, 12.25, 7.0]
expected = {}


def save(name, dtype):
    values = rng.integers(0, 250, shape).astype(dtype)
    if dtype == "float32":
        values = rng.normal(100, 50, shape).astype(dtype)
    image = nibabel.MGHImage(values, oblique)
    nibabel.save(image, files / name)
    loaded = nibabel.load(files / name)
    expected[name] = {
        "shape": list(shape),
        "affine": loaded.affine.ravel().tolist(),
        "values": loaded.get_fdata().astype(np.float32).ravel().tolist(),
    }


save("uint8.mgz", "uint8")
save("int16.mgh", "int16")
save("int32.mgz", "int32")
save("float32.mgh", "float32")
(here / "mgh.json").write_text(json.dumps(expected) + "\n")

# A series is read volume by volume.
series = nibabel.MGHImage(np.arange(24, dtype="int16").reshape(2, 2, 2, 3), np.diag([2.0, 2.0, 2.0, 1.0]))
nibabel.save(series, files / "series.mgz")
