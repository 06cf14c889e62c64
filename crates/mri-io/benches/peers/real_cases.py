"""Write the real T2 scans as cases of skull stripping and of reading.

    python real_cases.py DATA OUT

DATA is the folder of real data (open_ms/...). The reference is HD-BET with all five networks: the owners'
masks, carried over from another grid, lie about 4 mm (patient01) and more than 10 mm (patient04) too low or
high, as an overlay shows; the overlap with them is reported beside. OUT/reading gets the first scan on a
grid of 240x240x155 voxels of 1 mm, int16, with Rician noise of 0.3 %.
"""

import pathlib
import shutil
import sys

import nibabel
import nibabel.processing
import numpy

import peers_strip


def strip_case(scan, folder):
    if (folder / "brain.nii.gz").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(f"{scan}_T2w.nii.gz", folder / "scan.nii.gz")
    shutil.copy(f"{scan}_brainmask.nii.gz", folder / "owners.nii.gz")
    peers_strip.hd_bet_five(str(folder / "scan.nii.gz"), str(folder / "brain.nii.gz"))


def reading_case(scan, path):
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    image = nibabel.load(f"{scan}_T2w.nii.gz")
    shape = (240, 240, 155)
    affine = numpy.eye(4)
    centre = image.affine @ [*((numpy.array(image.shape) - 1) / 2), 1]
    affine[:3, 3] = centre[:3] - (numpy.array(shape) - 1) / 2
    moved = nibabel.processing.resample_from_to(image, (shape, affine), order=1).get_fdata()
    # Interpolation between thick slices removes the noise, and with it what makes a scan hard to compress.
    noise = 0.003 * moved.max() * numpy.random.default_rng(1).standard_normal((2, *shape))
    noisy = numpy.hypot(moved + noise[0], noise[1])
    nibabel.save(nibabel.Nifti1Image(noisy.astype(numpy.int16), affine), path)


def main():
    data, out = (pathlib.Path(path) for path in sys.argv[1:])
    for number in ("01", "04"):
        strip_case(data / f"open_ms/patient{number}_study1", out / f"strip/real-t2-{number}")
    reading_case(data / "open_ms/patient01_study1", out / "reading/t2-240x240x155.nii.gz")


if __name__ == "__main__":
    main()
