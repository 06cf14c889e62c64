"""Files and values from nibabel and SciPy for tests/golden.rs.

Run: python generate.py    (writes files/ and expected.json beside this script)
Made with numpy 2.4, nibabel 5.4, scipy 1.17.
"""

import json
import shutil
from pathlib import Path

import nibabel
import numpy as np
from scipy import ndimage
from scipy.spatial.transform import Rotation

here = Path(__file__).parent
files = here / "files"
shutil.rmtree(files, ignore_errors=True)
files.mkdir()
rng = np.random.default_rng(2019)
shape = (3, 4, 5)

oblique = np.eye(4)
oblique[:3, :3] = Rotation.from_euler("xyz", [20, -35, 60], degrees=True).as_matrix() * [0.9, 1.1, -3.0]
oblique[:3, 3] = [-31.5, 12.25, 7.0]
lps = np.diag([-0.5, -0.5, 4.0, 1.0])

expected = {"files": {}, "resampled": {}}


def save(name, image):
    nibabel.save(image, files / name)
    loaded = nibabel.load(files / name)
    values = loaded.get_fdata().reshape(loaded.shape[:3]).astype(np.float32)
    expected["files"][name] = {
        "shape": list(values.shape),
        "affine": loaded.affine.ravel().tolist(),
        "values": values.ravel().tolist(),
    }


def image(dtype, order="<", kind=nibabel.Nifti1Image, affine=oblique, shape=shape):
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        values = rng.normal(100, 50, shape).astype(dtype)
    else:
        limits = np.iinfo(dtype)
        values = rng.integers(max(limits.min, -30000), min(limits.max, 30000), shape).astype(dtype)
    header = kind.header_class(endianness=order)
    header.set_data_dtype(dtype)
    return kind(values, affine, header, dtype=dtype)


for dtype in ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64"]:
    save(f"{dtype}_little.nii", image(dtype))
    save(f"{dtype}_big.nii.gz", image(dtype, ">"))
save("version2_little.nii.gz", image("int16", kind=nibabel.Nifti2Image))
save("version2_big.nii", image("float32", ">", kind=nibabel.Nifti2Image))
save("pair.hdr", image("int16", kind=nibabel.Nifti1Pair, affine=lps))
save("trailing_singletons.nii", image("uint8", shape=shape + (1, 1)))

qform_only = image("int16")
qform_only.set_sform(None, 0)
qform_only.set_qform(oblique, 1)
save("qform_only.nii", qform_only)

both = image("int16", affine=lps)
both.set_qform(oblique, 1)
both.set_sform(lps, 2)
save("sform_before_qform.nii", both)

spacing_only = image("int16")
spacing_only.set_sform(None, 0)
spacing_only.set_qform(None, 0)
spacing_only.header.set_zooms([0.5, 0.75, 4.0])
save("spacing_only.nii", spacing_only)

scaled = image("int16", affine=lps)
scaled.header.set_slope_inter(0.25, -12.5)
save("scaled.nii.gz", scaled)

# Resampling: a grid turned, shifted and finer, all inside the volume.
volume = rng.normal(100, 50, (9, 10, 11)).astype(np.float32)
matrix = np.eye(4)
matrix[:3, :3] = Rotation.from_euler("xyz", [10, 15, -20], degrees=True).as_matrix() * 0.8
matrix[:3, 3] = [1.3, 2.6, 1.7]
grid = np.stack(np.meshgrid(*map(np.arange, (5, 6, 7)), indexing="ij"), -1).reshape(-1, 3)
places = grid @ matrix[:3, :3].T + matrix[:3, 3]
assert (places >= 0).all() and (places <= np.array(volume.shape) - 1).all()
assert (np.abs(places % 1 - 0.5) > 1e-4).all(), "no ties between nearest voxels"
expected["resampled"] = {
    "volume": volume.ravel().tolist(),
    "volume_shape": list(volume.shape),
    "grid_shape": [5, 6, 7],
    "grid_affine": matrix.ravel().tolist(),
}
for name, order in [("nearest", 0), ("linear", 1), ("cubic", 3)]:
    values = ndimage.map_coordinates(volume.astype(np.float64), places.T, order=order, mode="mirror")
    expected["resampled"][name] = values.round(5).tolist()

# Histogram matching by landmarks: percentiles by NumPy, a straight line between two of them.
percents = [1, *range(10, 100, 10), 99]
scan = np.where(rng.random(500) < 0.4, rng.normal(300, 40, 500), rng.normal(700, 90, 500)).astype(np.float32)
cohort = [(gain * rng.gamma(shape, 50, 400)).astype(np.float32) for gain, shape in [(1, 3), (2.5, 4), (0.3, 6)]]


def matched(values, target):
    own = np.percentile(values.astype(np.float64), percents)
    inside = np.interp(values, own, target)
    below = target[0] + (values - own[0]) * (target[1] - target[0]) / (own[1] - own[0])
    above = target[-1] + (values - own[-1]) * (target[-1] - target[-2]) / (own[-1] - own[-2])
    return np.where(values < own[0], below, np.where(values > own[-1], above, inside))


landmarks = np.array([np.percentile(values.astype(np.float64), percents) for values in cohort])
spans = landmarks[:, -1:] - landmarks[:, :1]
standard = ((landmarks - landmarks[:, :1]) / spans).mean(0)
expected["nyul"] = {
    "scan": scan.tolist(),
    "cohort": [values.tolist() for values in cohort],
    "standard": standard.tolist(),
    "on_standard": matched(scan, standard).round(7).tolist(),
    "like_first": matched(scan, landmarks[0]).round(4).tolist(),
}

(here / "expected.json").write_text(json.dumps(expected, indent=None, separators=(",", ":")) + "\n")
