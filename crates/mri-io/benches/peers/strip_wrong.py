"""Write what is no brain as cases of skull stripping: whatever is found in it is wrong.

    python strip_wrong.py OUT SCAN MASK [SCAN MASK ...]

Of each scan the part below the brain alone, and its voxels with random phases; besides noise, a bottle, a bottle that is
brighter at one end, a thigh, and a melon. OUT/NAME-KIND/ gets scan.nii and an empty brain.nii.
"""

import pathlib
import sys

import nibabel
import numpy
from scipy import ndimage


def objects(random):
    shape = (110, 120, 100)
    x, y, z = (axis * 2.0 for axis in numpy.indices(shape) - numpy.array(shape).reshape(3, 1, 1, 1) / 2)
    radius = numpy.sqrt((x / 75) ** 2 + (y / 90) ** 2 + (z / 65) ** 2)
    grain = ndimage.gaussian_filter(random.standard_normal(shape), 2)
    noise = lambda field: numpy.hypot(field + 8 * random.standard_normal(shape), 8 * random.standard_normal(shape))
    yield "noise", 100 * random.random(shape)
    yield "bottle", noise(numpy.where(radius < 1, 500, 0))
    yield "bright-end", noise(numpy.where(radius < 1, 500 + 2.5 * y, 0))
    limb = numpy.hypot(x, y)
    thigh = numpy.select([limb < 8, limb < 14, limb < 62 + 300 * grain, limb < 80], [300, 20, 180 + 400 * grain, 700], 0)
    yield "thigh", noise(thigh)
    rind = numpy.select([radius < 0.35, radius < 0.85, radius < 1], [600 + 900 * grain, 450 + 300 * grain, 150], 0)
    yield "melon", noise(rind)


def parts(head, mask, random):
    scan = head.get_fdata(dtype=numpy.float32)
    top = int(numpy.flatnonzero(nibabel.io_orientation(head.affine)[:, 0] == 2)[0])
    upward = nibabel.io_orientation(head.affine)[top, 1] > 0
    planes = numpy.flatnonzero(mask.any(axis=tuple(axis for axis in range(3) if axis != top)))
    # Up to a tenth of the brain's height into it.
    tenth = len(planes) // 10
    below = slice(0, planes[0] + tenth) if upward else slice(planes[-1] + 1 - tenth, None)
    cut = tuple(below if axis == top else slice(None) for axis in range(3))
    if scan[cut].shape[top] >= 3:
        yield "below-the-brain", scan[cut], head.affine
    spectrum = numpy.abs(numpy.fft.fftn(scan)) * numpy.exp(1j * numpy.angle(numpy.fft.fftn(random.standard_normal(scan.shape))))
    yield "random-phases", numpy.abs(numpy.fft.ifftn(spectrum)).astype(numpy.float32), head.affine


def save(folder, scan, affine):
    folder.mkdir(parents=True, exist_ok=True)
    nibabel.save(nibabel.Nifti1Image(scan.astype(numpy.float32), affine), folder / "scan.nii")
    nibabel.save(nibabel.Nifti1Image(numpy.zeros(scan.shape, numpy.uint8), affine), folder / "brain.nii")


def main():
    out, random = pathlib.Path(sys.argv[1]), numpy.random.default_rng(11)
    for name, scan in objects(random):
        save(out / name, scan, numpy.diag([2.0, 2.0, 2.0, 1.0]))
    for scan, mask in zip(sys.argv[2::2], sys.argv[3::2]):
        head, brain = nibabel.load(scan), numpy.asanyarray(nibabel.load(mask).dataobj) > 0
        for kind, voxels, affine in parts(head, brain, random):
            save(out / f"{pathlib.Path(scan).name.split('_')[0]}-{kind}", voxels, affine)


if __name__ == "__main__":
    main()
