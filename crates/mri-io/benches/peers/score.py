"""One scorer for all tools: what an output is worth, given a case's truth."""

import pathlib

import nibabel
import numpy


def load(folder, name):
    """A volume of a case, compressed or not; None where the case has none."""
    for ending in (".nii", ".nii.gz"):
        path = pathlib.Path(folder, name + ending)
        if path.exists():
            return nibabel.load(path)
    return None


def mask_of(image):
    return numpy.asanyarray(image.dataobj) > 0


def register(case, matrix):
    """Mean and largest distance (mm) over the fixed brain between a found transform and the true one."""
    estimate, truth = numpy.loadtxt(matrix), numpy.loadtxt(case / "truth.txt")
    mask = load(case, "mask")
    voxels = numpy.argwhere(mask_of(mask))
    # The true transform carries each point to where the head moved: the error is linear in the point.
    shift = (estimate - truth) @ mask.affine
    distance = numpy.linalg.norm(voxels @ shift[:3, :3].T + shift[:3, 3], axis=1)
    return {"mean_mm": distance.mean(), "max_mm": distance.max()}


def dice(one, other):
    return 2 * (one & other).sum() / (one.sum() + other.sum())


def strip(case, mask):
    """Overlap with the reference; share of the tumour's voxels that was kept."""
    estimate, truth = mask_of(nibabel.load(mask)), mask_of(load(case, "brain"))
    both = (estimate & truth).sum()
    scores = {
        "dice": dice(estimate, truth),
        "sensitivity": both / truth.sum(),
        "precision": both / max(estimate.sum(), 1),
    }
    if (tumour := load(case, "tumour")) is not None:
        tumour = mask_of(tumour)
        scores["tumour_kept"] = (estimate & tumour).sum() / tumour.sum()
    if (owners := load(case, "owners")) is not None:
        scores["dice_owners"] = dice(estimate, mask_of(owners))
    return scores


def bias(case, corrected):
    """Coefficient of variation over the brain of (estimated field / true field); 0 is perfect."""
    scan, corrected = load(case, "scan").get_fdata(), nibabel.load(corrected).get_fdata()
    inside = mask_of(load(case, "mask")) & (corrected > 0) & (scan > 0)
    field = load(case, "field").get_fdata()[inside]
    ratio = scan[inside] / corrected[inside] / field
    return {"variation": ratio.std() / ratio.mean(), "uncorrected": field.std() / field.mean()}
