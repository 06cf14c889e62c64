"""Dictionary transforms for MONAI (https://monai.io), for images (1, i, j, k) as ``MetaTensor``."""

import torch
from monai.data import MetaTensor
from monai.transforms import MapTransform

from mri_prep.adapters import _arrays


class SkullStripd(MapTransform):
    """Sets everything but the brain to 0.

    Parameters
    ----------
    keys : str or sequence of str
        Images of heads.
    rim : float
        Distance (mm, -5 to 5) by which the brain's surface is moved outwards.
    mask_key : str, optional
        Where the mask of the first of them goes.
    """

    def __init__(self, keys, rim=0.0, mask_key=None, allow_missing_keys=False):
        super().__init__(keys, allow_missing_keys)
        self.rim, self.mask_key = rim, mask_key

    def __call__(self, data):
        data, kept = dict(data), self.mask_key
        for key in self.key_iterator(data):
            image = data[key]
            brain, mask = _arrays.strip(image.as_tensor(), image.affine, self.rim)
            data[key] = MetaTensor(torch.from_numpy(brain), meta=image.meta)
            if kept is not None:
                data[kept] = MetaTensor(torch.from_numpy(mask.astype("uint8")), meta=image.meta)
                kept = None
        return data


class RigidToTemplated(MapTransform):
    """Registers the first image to a template, and brings all of them to the template's grid.

    Parameters
    ----------
    keys : str or sequence of str
        Images of one person in one pose; the first one is registered.
    template, template_mask : image, optional
        Without them the built-in T2 brain on a grid of 1 mm.
    label_keys : sequence of str
        Those of the keys that are label maps.
    """

    def __init__(self, keys, template=None, template_mask=None, label_keys=(), allow_missing_keys=False):
        super().__init__(keys, allow_missing_keys)
        self.template, self.mask = _arrays.template_of(template, template_mask)
        self.label_keys = set(label_keys)

    def __call__(self, data):
        data, transform = dict(data), None
        for key in self.key_iterator(data):
            image = data[key]
            array = image.as_tensor()
            if transform is None:
                transform = _arrays.to_template(array, image.affine, self.template, self.mask)
            moved = _arrays.resampled(array, image.affine, self.template, transform, key in self.label_keys)
            data[key] = MetaTensor(torch.from_numpy(moved), affine=torch.as_tensor(self.template.affine))
        return data
