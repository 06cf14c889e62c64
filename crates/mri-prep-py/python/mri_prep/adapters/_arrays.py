"""Steps on arrays with a channel in front, as libraries for PyTorch have them."""

import warnings

import numpy

import mri_prep


def only_channel(array):
    """The voxels (i, j, k) of (1, i, j, k)."""
    if array.ndim != 4 or array.shape[0] != 1:
        raise ValueError(f"an image of one channel has the shape (1, i, j, k), not {tuple(array.shape)}")
    return array[0]


def strip(array, affine, rim):
    """Brain and mask, each (1, i, j, k), of a head (1, i, j, k)."""
    scan = mri_prep.Volume(only_channel(array), affine)
    found = mri_prep.strip(scan, rim=rim)
    tell(found.warnings)
    return found.brain().data[None], found.mask.data[None]


def to_template(array, affine, template, mask):
    """The transform from the template to an image (1, i, j, k), by rigid registration."""
    moving = mri_prep.Volume(only_channel(array), affine)
    found = mri_prep.register(template, moving, fixed_mask=mask)
    tell(found.warnings)
    return found.transform


def resampled(array, affine, template, transform, labels):
    """An image (1, i, j, k) on the template's grid."""
    image = mri_prep.Volume(only_channel(array), affine)
    return mri_prep.resample(image, like=template, transform=transform, labels=labels).data[None]


def template_of(template, mask):
    """A template and its mask as volumes; without one the built-in T2 brain on a grid of 1 mm."""
    if template is None:
        return mri_prep.reference((193, 229, 193), (1, 1, 1))
    return volume(template), None if mask is None else volume(mask)


def volume(image):
    """Any kind of image as a ``Volume``."""
    if isinstance(image, mri_prep.Volume):
        return image
    if isinstance(image, tuple):
        return mri_prep.Volume(*image)
    if hasattr(image, "dataobj"):
        return mri_prep.Volume(numpy.asarray(image.dataobj), image.affine)
    return mri_prep.read(image)


def tell(reasons):
    """Reasons to doubt a result."""
    for reason in reasons:
        warnings.warn(reason, stacklevel=4)
