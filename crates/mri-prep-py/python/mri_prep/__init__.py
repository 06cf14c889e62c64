"""Brain MR preprocessing: skull stripping, registration, resampling, bias field, intensities.

Images go in as a ``Volume``, an image of nibabel, a pair ``(array, affine)`` or a file's name, and come back as the kind that went
in (a ``Volume`` for a file). World coordinates are RAS+ millimetres. Arrays of ``float32`` in C order are used where they lie.

    >>> import mri_prep
    >>> scan = mri_prep.read("scan.nii.gz")
    >>> found = mri_prep.strip(scan)
    >>> mri_prep.write("brain.nii.gz", found.brain())

The program ``mri-prep`` comes with it: ``mri-prep --help``.
"""

# NumPy is imported when the first array comes, so that the program starts without it.
from ._native import (
    BiasCorrection,
    Error,
    Grid,
    InvalidError,
    NiftiError,
    Preprocessed,
    Registration,
    ScaleError,
    SkullStrip,
    StandardScale,
    Template,
    Transform,
    TransformError,
    Volume,
    __version__,
    _main,
    bias,
    canonical,
    check,
    normalize,
    preprocess,
    read,
    read_transform,
    reference,
    register,
    resample,
    strip,
    template,
    write,
    write_transform,
)

__all__ = [
    "BiasCorrection",
    "Error",
    "Grid",
    "InvalidError",
    "NiftiError",
    "Preprocessed",
    "Registration",
    "ScaleError",
    "SkullStrip",
    "StandardScale",
    "Template",
    "Transform",
    "TransformError",
    "Volume",
    "bias",
    "canonical",
    "check",
    "normalize",
    "preprocess",
    "read",
    "read_transform",
    "reference",
    "register",
    "resample",
    "strip",
    "template",
    "write",
    "write_transform",
]
