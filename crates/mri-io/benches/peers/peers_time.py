"""Peers of reading and linear resampling, timed in this process after one run for warmth; ms as JSON."""

import json
import time

import numpy

# The motion of resampling: the same small one as in the example `timing` of mri-io.
TURN, SHIFT = (0.10, -0.07, 0.15), (3.0, -2.0, 1.5)


def timed(runs, **operations):
    """Median-ready lists of milliseconds; the operations alternate."""
    times = {name: [] for name in operations}
    for run in range(int(runs) + 1):
        for name, operation in operations.items():
            start = time.perf_counter()
            operation()
            if run:
                times[name].append(1e3 * (time.perf_counter() - start))
    print(json.dumps(times))


def simpleitk(scan, runs):
    import SimpleITK as sitk

    image = sitk.ReadImage(scan, sitk.sitkFloat32)
    motion = sitk.Euler3DTransform(
        image.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in image.GetSize()]), *TURN, SHIFT
    )
    timed(
        runs,
        read=lambda: sitk.GetArrayFromImage(sitk.ReadImage(scan, sitk.sitkFloat32)),
        linear=lambda: sitk.Resample(image, image, motion, sitk.sitkLinear, 0.0, sitk.sitkFloat32),
    )


def nibabel(scan, runs):
    import nibabel as library
    from scipy import ndimage
    from scipy.spatial.transform import Rotation

    data = numpy.ascontiguousarray(library.load(scan).get_fdata(dtype=numpy.float32))
    linear, centre = Rotation.from_rotvec(TURN).as_matrix(), (numpy.array(data.shape) - 1) / 2
    offset = centre + SHIFT - linear @ centre
    timed(
        runs,
        read=lambda: numpy.ascontiguousarray(library.load(scan).get_fdata(dtype=numpy.float32)),
        linear=lambda: ndimage.affine_transform(data, linear, offset, order=1),
    )
