"""Anomaly map of a T2 scan by a package that `memae export` wrote as ONNX: detect.py MODEL.onnx SCAN.nii.gz MAP.nii.gz

What `memae detect` does for packages that are scored like the built-in ones, with mri_prep, NumPy and ONNX Runtime alone.
"""

import base64
import json
import sys
import tempfile
from pathlib import Path

import mri_prep
import numpy as np
import onnxruntime

model, scan, target = sys.argv[1:]
session = onnxruntime.InferenceSession(model)
about = session.get_modelmeta().custom_metadata_map
settings, scoring, calibration, place = (json.loads(about[key]) for key in ["preprocess", "scoring", "calibration", "place"])
steps = scoring["post_processing"]
if scoring["residual"] != "positive" or steps["match_quantiles"] or steps["median"] or steps["erosion"] or not steps["smooth_mm"]:
    sys.exit(f"this example does not know the scoring of {model}: {scoring}")


def attached(name):
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, name).write_bytes(base64.b64decode(about[name]))
        return mri_prep.read(Path(folder, name))


def smooth(values, mm):  # a Gaussian, 0 beyond the grid
    for axis, sigma in enumerate(mm / spacing):
        away = np.arange(-int(4 * sigma + 0.5), int(4 * sigma + 0.5) + 1)
        weights = np.exp(-0.5 * (away / sigma) ** 2)
        values = np.apply_along_axis(np.convolve, axis, values, weights / weights.sum(), mode="same")
    return values


def depth(inside, most):  # distance (mm) to the nearest voxel outside, at most this
    reach = (most / spacing).astype(int)
    padded, depths = np.pad(inside, [(n, n) for n in reach], constant_values=True), np.full(inside.shape, most)
    for offset in np.ndindex(*2 * reach + 1):
        window = padded[tuple(slice(o, o + n) for o, n in zip(offset, inside.shape))]
        depths = np.minimum(depths, np.where(window, most, np.linalg.norm((offset - reach) * spacing)))
    return depths


reference, scan = attached("reference.nii.gz"), mri_prep.read(scan)
scale = mri_prep.StandardScale(settings["normalization"]["nyul"]["landmarks"])
prepared = mri_prep.preprocess(scan, reference=reference, reference_mask=attached("reference_brainmask.nii.gz"), method=scale)
brain, inside, spacing = prepared.image.data, prepared.mask.data, np.array(reference.spacing)

slices = np.moveaxis(brain, 2, 0)
windows = np.stack([slices[[0, *range(len(slices) - 1)]], slices, slices[[*range(1, len(slices)), -1]]], axis=1)
(expected,) = session.run(None, {"slices": windows})
expected = np.moveaxis(expected[:, 0], 0, 2).clip(brain.min(), brain.max())

residual = np.where(inside, np.maximum(brain - expected, 0), 0)
mean, spread = (low + (high - low) * attached(f"place_{key}.nii.gz").data / 255 for key, (low, high) in place.items())
scores = smooth(np.where(inside, (residual - mean) / spread, 0), steps["smooth_mm"]) / np.maximum(smooth(inside * 1.0, steps["smooth_mm"]), 1e-9)
scores = np.where(inside, scores, 0) * depth(inside, steps["border_mm"]) / steps["border_mm"]
scores = (scores / calibration["scale"]).clip(0, 1).astype(np.float32)
back = prepared.transform.inverse()
mri_prep.write(target, mri_prep.resample(mri_prep.Volume(scores, reference.affine), like=scan, transform=back))
