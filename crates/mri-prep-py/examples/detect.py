"""Anomaly map of a T2 scan by packages that `memae export` wrote as ONNX: detect.py SCAN.nii.gz MAP.nii.gz MODEL.onnx ...

What `memae detect` does for packages that are scored like the built-in ones, with mri_prep, NumPy and ONNX Runtime alone.
Of several packages, the map is what they agree on: the geometric mean of their scores.
"""

import base64
import json
import sys
import tempfile
from pathlib import Path

import mri_prep
import numpy as np
import onnxruntime


def main(scan, target, *models):
    scan, packages = mri_prep.read(scan), [Package(model) for model in models]
    first = packages[0]
    for package in packages:
        if package.settings != first.settings:
            sys.exit(f"{package.name} asks for another preprocessing than {first.name}")
    scale = mri_prep.StandardScale(first.settings["normalization"]["nyul"]["landmarks"])
    mask = first.attached("reference_brainmask.nii.gz")
    prepared = mri_prep.preprocess(scan, reference=first.reference, reference_mask=mask, method=scale)
    scores = np.prod([package.scores(prepared) for package in packages], axis=0) ** (1 / len(packages))
    scores = mri_prep.Volume(scores.astype(np.float32), first.reference.affine)
    mri_prep.write(target, mri_prep.resample(scores, like=scan, transform=prepared.transform.inverse()))


class Package:
    def __init__(self, model):
        self.name, self.network = model, onnxruntime.InferenceSession(model)
        self.about = self.network.get_modelmeta().custom_metadata_map
        keys = ["preprocess", "scoring", "calibration", "place"]
        self.settings, scoring, self.calibration, self.place = (json.loads(self.about[key]) for key in keys)
        self.steps = steps = scoring["post_processing"]
        unknown = steps["match_quantiles"] or steps["median"] or steps["erosion"] or not steps["smooth_mm"]
        if scoring["residual"] != "positive" or unknown:
            sys.exit(f"this example does not know the scoring of {model}: {scoring}")
        self.reference = self.attached("reference.nii.gz")

    def attached(self, name):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, name).write_bytes(base64.b64decode(self.about[name]))
            return mri_prep.read(Path(folder, name))

    def scores(self, prepared):
        brain, inside, spacing = prepared.image.data, prepared.mask.data, np.array(self.reference.spacing)
        slices = np.moveaxis(brain, 2, 0)
        windows = np.stack([slices[[0, *range(len(slices) - 1)]], slices, slices[[*range(1, len(slices)), -1]]], axis=1)
        (expected,) = self.network.run(None, {"slices": windows})
        expected = np.moveaxis(expected[:, 0], 0, 2).clip(brain.min(), brain.max())

        residual = np.where(inside, np.maximum(brain - expected, 0), 0)
        stored = lambda key: self.attached(f"place_{key}.nii.gz").data / 255
        place = {key: low + (high - low) * stored(key) for key, (low, high) in self.place.items()}
        scores = np.where(inside, (residual - place["mean"]) / place["spread"], 0)
        sigma, border = self.steps["smooth_mm"] / spacing, self.steps["border_mm"]
        scores = smooth(scores, sigma) / np.maximum(smooth(inside * 1.0, sigma), 1e-9)
        scores = np.where(inside, scores, 0) * depth(inside, spacing, border) / border
        return (scores / self.calibration["scale"]).clip(0, 1)


def smooth(values, sigmas):  # a Gaussian, 0 beyond the grid
    for axis, sigma in enumerate(sigmas):
        away = np.arange(-int(4 * sigma + 0.5), int(4 * sigma + 0.5) + 1)
        weights = np.exp(-0.5 * (away / sigma) ** 2)
        values = np.apply_along_axis(np.convolve, axis, values, weights / weights.sum(), mode="same")
    return values


def depth(inside, spacing, most):  # distance (mm) to the nearest voxel outside, at most this
    reach = (most / spacing).astype(int)
    padded, depths = np.pad(inside, [(n, n) for n in reach], constant_values=True), np.full(inside.shape, most)
    for offset in np.ndindex(*2 * reach + 1):
        window = padded[tuple(slice(o, o + n) for o, n in zip(offset, inside.shape))]
        depths = np.minimum(depths, np.where(window, most, np.linalg.norm((offset - reach) * spacing)))
    return depths


if __name__ == "__main__":
    main(*sys.argv[1:])
