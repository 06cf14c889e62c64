"""The example that needs no libtorch gives the map of `memae detect`."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import nibabel
import numpy

import mri_prep

ROOT = Path(__file__).parents[2]
PROGRAM = os.environ.get("MEMAE", ROOT / "target/debug/memae")
EXAMPLE = ROOT / "crates/mri-prep-py/examples/detect.py"


def test_the_exported_built_in_packages_give_the_map_of_detect(tmp_path, monkeypatch):
    brain, mask = mri_prep.reference()
    shift = numpy.eye(4)
    shift[:3, 3] = [3, -4, 2]
    scan = mri_prep.resample(brain, like=brain, transform=shift).data.copy()
    scan[42:52, 59:69, 34:44] = 0.7 * scan.max()  # something to find
    mri_prep.write(tmp_path / "scan.nii.gz", (scan, brain.affine))
    run = lambda *arguments: subprocess.run([PROGRAM, *arguments], cwd=tmp_path, check=True, capture_output=True)
    models = ["ssim-memae.onnx", "dae.onnx", "blob-dae.onnx"]
    for model in models:
        run("export", f"builtin:{Path(model).stem}", "--out", model)
    run("detect", "scan.nii.gz", "--out", "found")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["detect.py", "scan.nii.gz", "map.nii.gz", *models])
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    ours, theirs = (nibabel.load(tmp_path / name) for name in ["found/scan/anomaly.nii.gz", "map.nii.gz"])
    assert numpy.allclose(ours.affine, theirs.affine)
    ours, theirs = ours.get_fdata(), theirs.get_fdata()
    assert ours.max() > 0.2
    # A geometric mean is infinitely steep at 0: where one of three scores is 1e-12 instead of 0, it is 1e-4.
    seen = numpy.maximum(ours, theirs) > 0.01
    assert numpy.abs(ours - theirs)[seen].max() < 1e-4
    assert numpy.abs(ours - theirs).max() < 1e-3
