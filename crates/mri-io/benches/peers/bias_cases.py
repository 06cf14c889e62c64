"""Write the cases of bias-field correction: the ICBM152 brain times a known smooth field, with noise.

    python bias_cases.py OUT

A case is a folder: scan.nii.gz, mask.nii.gz and field.nii.gz (the true field, about 1).
"""

import pathlib
import sys

import numpy

from register_cases import SEED, icbm, invert, save, smooth_field


def main():
    out = pathlib.Path(sys.argv[1])
    data, affine, mask = icbm()
    for number, source in enumerate((data, invert(data))):
        folder = out / ("same", "inverted")[number]
        if (folder / "field.nii.gz").exists():
            continue
        folder.mkdir(parents=True, exist_ok=True)
        rng = numpy.random.default_rng([SEED, number])
        field = smooth_field(data.shape, 0.4, rng)
        noisy = numpy.clip(source * field + rng.normal(0, 0.02 * data.max(), data.shape), 0, None)
        save(folder / "scan.nii.gz", numpy.where(mask, noisy, 0), affine)
        save(folder / "mask.nii.gz", mask.astype(numpy.uint8), affine)
        save(folder / "field.nii.gz", field, affine)


if __name__ == "__main__":
    main()
