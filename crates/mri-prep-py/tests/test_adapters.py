"""Adapters give what the functions give, in the real libraries; each test is skipped where its library is not installed."""

import os
from pathlib import Path

import nibabel
import numpy
import pytest

import mri_prep

# The libraries themselves warn of much.
pytestmark = pytest.mark.filterwarnings("ignore")
BIN = Path(os.environ.get("MRI_PREP", Path(__file__).parents[3] / "target/debug/mri-prep")).parent


@pytest.fixture(scope="module")
def expected(moved):
    template, inside = mri_prep.reference()
    found = mri_prep.strip(moved)
    registered = mri_prep.register(template, found.brain(), fixed_mask=inside)
    return found, mri_prep.resample(found.brain(), like=template, transform=registered.transform)


def test_torchio(moved, expected):
    torchio = pytest.importorskip("torchio")
    from mri_prep.adapters.torchio import RigidToTemplate, SkullStrip

    subject = torchio.Subject(t2=torchio.ScalarImage(moved))
    pipeline = torchio.Compose([SkullStrip(mask_name="brain"), RigidToTemplate(*mri_prep.reference())])
    stripped = pipeline.transforms[0](subject)
    numpy.testing.assert_array_equal(stripped.t2.numpy()[0], expected[0].brain().data)
    numpy.testing.assert_array_equal(stripped.brain.numpy()[0], expected[0].mask.data)
    result = pipeline(subject)
    numpy.testing.assert_allclose(result.t2.numpy()[0], expected[1].data, atol=1e-3)
    numpy.testing.assert_allclose(result.t2.affine, expected[1].affine)
    assert set(numpy.unique(result.brain.numpy())) == {0, 1} and result.brain.shape == result.t2.shape


def test_monai(moved, expected):
    transforms = pytest.importorskip("monai.transforms")
    from mri_prep.adapters.monai import RigidToTemplated, SkullStripd

    pipeline = transforms.Compose(
        [
            transforms.LoadImaged(["t2"], ensure_channel_first=True),
            SkullStripd(["t2"], mask_key="brain"),
            RigidToTemplated(["t2", "brain"], *mri_prep.reference(), label_keys=["brain"]),
        ]
    )
    result = pipeline({"t2": moved})
    numpy.testing.assert_allclose(result["t2"].numpy()[0], expected[1].data, atol=1e-3)
    numpy.testing.assert_allclose(result["t2"].affine, expected[1].affine)
    assert set(numpy.unique(result["brain"])) == {0, 1}


def test_nipype(moved, expected, tmp_path, monkeypatch):
    pytest.importorskip("nipype")
    from mri_prep.adapters.nipype import RigidToTemplate, SkullStrip

    monkeypatch.setenv("PATH", f"{BIN}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    result = SkullStrip(in_file=str(moved), skull="guess").run().outputs
    numpy.testing.assert_array_equal(nibabel.load(result.mask_file).get_fdata() > 0, expected[0].mask.data)
    template, inside = mri_prep.reference()
    mri_prep.write("template.nii.gz", template)
    mri_prep.write("inside.nii.gz", inside)
    step = RigidToTemplate(template="template.nii.gz", in_file=result.brain_file, template_mask="inside.nii.gz")
    numpy.testing.assert_array_equal(nibabel.load(step.run().outputs.out_file).get_fdata(dtype="f4"), expected[1].data)
