"""Transforms for TorchIO (https://docs.torchio.org)."""

import torch
import torchio

from mri_prep.adapters import _arrays


class SkullStrip(torchio.transforms.Transform):
    """Sets everything but the brain to 0 in each scalar image; its mask can be kept as a label map.

    Parameters
    ----------
    rim : float
        Distance (mm, -5 to 5) by which the brain's surface is moved outwards.
    mask_name : str, optional
        Name of a label map for the mask of the first scalar image.
    """

    def __init__(self, rim=0.0, mask_name=None, **kwargs):
        super().__init__(**kwargs)
        self.rim, self.mask_name = rim, mask_name
        self.args_names = ["rim", "mask_name"]

    def apply_transform(self, subject):
        kept = self.mask_name
        for image in subject.get_images(intensity_only=True):
            brain, mask = _arrays.strip(image.data, image.affine, self.rim)
            image.set_data(torch.from_numpy(brain))
            if kept is not None:
                subject.add_image(torchio.LabelMap(tensor=torch.from_numpy(mask.astype("uint8")), affine=image.affine), kept)
                kept = None
        return subject


class RigidToTemplate(torchio.transforms.Transform):
    """Registers the first scalar image to a template, and brings all images to the template's grid.

    Parameters
    ----------
    template, template_mask : image, optional
        Without them the built-in T2 brain on a grid of 1 mm.
    """

    def __init__(self, template=None, template_mask=None, **kwargs):
        super().__init__(**kwargs)
        self.template, self.mask = _arrays.template_of(template, template_mask)
        self.args_names = []

    def apply_transform(self, subject):
        images = subject.get_images(intensity_only=False)
        first = subject.get_images(intensity_only=True)[0]
        transform = _arrays.to_template(first.data, first.affine, self.template, self.mask)
        for image in images:
            labels = isinstance(image, torchio.LabelMap)
            data = _arrays.resampled(image.data, image.affine, self.template, transform, labels)
            image.set_data(torch.from_numpy(data))
            image.affine = self.template.affine
        return subject
