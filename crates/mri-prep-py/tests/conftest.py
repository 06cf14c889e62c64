"""Scans to try things on, and the program to compare with."""

import os
import subprocess
from pathlib import Path

import nibabel
import numpy
import pytest

import mri_prep

PROGRAM = os.environ.get("MRI_PREP", Path(__file__).parents[3] / "target/debug/mri-prep")


@pytest.fixture(scope="session")
def program():
    """Runs the built program; gives its standard output and standard error."""

    def run(*arguments):
        done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    return run


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("scans")


@pytest.fixture(scope="session")
def brain(folder):
    """The built-in T2 brain as a file of 16-bit integers with a slope, as scanners write them."""
    volume, _ = mri_prep.reference()
    stored = numpy.asfortranarray(numpy.round(volume.data * 16)).astype(numpy.int16)
    image = nibabel.Nifti1Image(stored, volume.affine)
    image.header.set_slope_inter(0.0625, 0)
    path = folder / "brain.nii.gz"
    nibabel.save(image, path)
    return path


@pytest.fixture(scope="session")
def mask(folder):
    """Its mask."""
    path = folder / "mask.nii.gz"
    mri_prep.write(path, mri_prep.reference()[1])
    return path


@pytest.fixture(scope="session")
def moved(folder, brain):
    """The same brain, turned and shifted, its axes stored in another order."""
    angle = numpy.deg2rad(9)
    turn = numpy.array(
        [[numpy.cos(angle), -numpy.sin(angle), 0, 4], [numpy.sin(angle), numpy.cos(angle), 0, -6], [0, 0, 1, 5], [0, 0, 0, 1]]
    )
    moved = mri_prep.resample(mri_prep.read(brain), like=brain, transform=numpy.linalg.inv(turn))
    flipped = mri_prep.Volume(moved.data[::-1].transpose(2, 0, 1), moved.affine @ flip_and_turn(moved.shape))
    path = folder / "moved.nii.gz"
    mri_prep.write(path, flipped)
    return path


@pytest.fixture(scope="session")
def moved_mask(folder, moved):
    """Its mask."""
    path = folder / "moved_mask.nii"
    mri_prep.write(path, mri_prep.strip(moved, skull="keep").mask)
    return path


def flip_and_turn(shape):
    """From indices (k, i, j) with i backwards to those of (i, j, k)."""
    matrix = numpy.zeros((4, 4))
    matrix[0, 1], matrix[1, 2], matrix[2, 0], matrix[3, 3] = -1, 1, 1, 1
    matrix[0, 3] = shape[0] - 1
    return matrix
