"""The code of the page on Python runs as it stands there."""

import re
from pathlib import Path

import numpy

import mri_prep

PAGE = Path(__file__).parents[2] / "docs/how-to/python.md"


def test_the_page_can_be_followed(tmp_path, monkeypatch):
    brain, _ = mri_prep.reference()
    shift = numpy.eye(4)
    shift[:3, 3] = [3, -4, 2]
    mri_prep.write(tmp_path / "sub-01_T2w.nii.gz", brain)
    mri_prep.write(tmp_path / "sub-02_T2w.nii.gz", mri_prep.resample(brain, like=brain, transform=shift))
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    assert len(blocks) >= 7
    exec(compile("\n".join(blocks), PAGE.name, "exec"), {})
    for file in ["mask.nii.gz", "brain.nii.gz", "there.tfm", "there.mat", "prepared.nii.gz"]:
        assert (tmp_path / file).is_file(), file
