"""Write the cases of bias-field correction: Colin27's brain times a known smooth field, with noise.

    python bias_cases.py OUT COLIN27

A case is a folder: scan.nii.gz, mask.nii.gz and field.nii.gz (the true field, about 1).
"""

import pathlib
import sys

import numpy

from register_cases import SEED, colin, invert, save, smooth_field


def main():
    out = pathlib.Path(sys.argv[1])
    # One person's: the sharp peaks of its histogram are what N4 goes by, and an average of many has none.
    data, affine, mask = colin(pathlib.Path(sys.argv[2]))
    for number, source in enumerate((data, invert(data))):
        folder = out / ("same", "inverted")[number]
        if (folder / "field.nii.gz").exists():
            continue
        folder.mkdir(parents=True, exist_ok=True)
        rng = numpy.random.default_rng([SEED, number])
        field = smooth_field(data.shape, 0.3, rng)
        noisy = numpy.clip(source * field + rng.normal(0, 0.02 * data.max(), data.shape), 0, None)
        save(folder / "scan.nii.gz", numpy.where(mask, noisy, 0), affine)
        save(folder / "mask.nii.gz", mask.astype(numpy.uint8), affine)
        save(folder / "field.nii.gz", field, affine)


if __name__ == "__main__":
    main()
