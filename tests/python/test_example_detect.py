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
    models = ["ssim-memae", "dae", "blob-dae"]
    named = [part for model in models for part in ("--model", f"builtin:{model}")]
    run("detect", "scan.nii.gz", "--out", "together")
    run("detect", "scan.nii.gz", "--out", "alone", *named)
    monkeypatch.chdir(tmp_path)

    def difference(folder, *packages):
        monkeypatch.setattr(sys, "argv", ["detect.py", "scan.nii.gz", "map.nii.gz", *packages])
        runpy.run_path(str(EXAMPLE), run_name="__main__")
        ours, theirs = (nibabel.load(tmp_path / name) for name in [f"{folder}/anomaly.nii.gz", "map.nii.gz"])
        assert numpy.allclose(ours.affine, theirs.affine)
        assert ours.get_fdata().max() > 0.2
        return ours.get_fdata(), numpy.abs(ours.get_fdata() - theirs.get_fdata())

    for model in models:
        run("export", f"builtin:{model}", "--out", f"{model}.onnx")
        _, away = difference(f"alone/scan/{model}", f"{model}.onnx")
        assert away.max() < 1e-5
    # A geometric mean is infinitely steep at 0: there the last bits of one model's score show.
    scores, away = difference("together/scan", *(f"{model}.onnx" for model in models))
    assert away[scores > 0.01].max() < 1e-4 and away.max() < 1e-3
