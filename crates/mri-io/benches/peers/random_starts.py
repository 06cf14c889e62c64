"""Register the pairs of register_cases.py from random starts.

    python random_starts.py OUT.csv CASE... [--starts 7] [--degrees 45] [--millimetres 40]

Each start gives the moving volume another place in the world, by its header alone: the voxels stay as they
are, so the truth is exact and a hundred starts need no hundred volumes. `mri-prep` must be on the PATH.
A failure is a mean error above 1 mm over the fixed brain. The record's are of the cases 00 and 01 of each kind at 1 mm.
"""

import argparse
import csv
import pathlib
import statistics
import subprocess
import tempfile

import nibabel
import numpy

import score
from register_cases import random_rigid

SEED = 20190336
FAILURE_MM = 1.0


def place(image, affine, path):
    """Write the voxels of `image` at another place."""
    nibabel.save(nibabel.Nifti1Image(image.dataobj.get_unscaled(), affine), path)


def register(folder, fixed, moving):
    """Matrix of the registration, and its warnings."""
    matrix = folder / "matrix.txt"
    done = subprocess.run(
        ["mri-prep", "register", fixed, moving, "--matrix", matrix], capture_output=True, text=True, check=True
    )
    return matrix, [line for line in done.stderr.splitlines() if line.startswith("warning")]


def starts(case, count, limits, rng):
    """Registers a case from `count` random starts."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        fixed, moving = (nibabel.load(case / f"{which}.nii.gz") for which in ("fixed", "moving"))
        place(fixed, fixed.affine, folder / "fixed.nii")
        (folder / "mask.nii.gz").symlink_to((case / "mask.nii.gz").resolve())
        inside = numpy.argwhere(numpy.asarray(nibabel.load(case / "mask.nii.gz").dataobj) > 0)
        centre = (fixed.affine @ [*inside.mean(axis=0), 1])[:3]
        for number in range(count):
            truth = random_rigid(rng, centre, *limits)
            place(moving, truth @ numpy.linalg.inv(numpy.loadtxt(case / "truth.txt")) @ moving.affine, folder / "moving.nii")
            numpy.savetxt(folder / "truth.txt", truth)
            matrix, warnings = register(folder, folder / "fixed.nii", folder / "moving.nii")
            error = score.register(folder, matrix)
            yield {"case": case.name, "start": number, **error, "warnings": len(warnings)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("cases", type=pathlib.Path, nargs="+")
    parser.add_argument("--starts", type=int, default=7)
    parser.add_argument("--degrees", type=float, default=45)
    parser.add_argument("--millimetres", type=float, default=40)
    arguments = parser.parse_args()

    rng = numpy.random.default_rng(SEED)
    limits = (arguments.degrees, arguments.millimetres)
    rows = []
    with arguments.out.open("w", newline="") as file:
        for case in arguments.cases:
            for row in starts(case, arguments.starts, limits, rng):
                rows.append(row)
                writer = csv.DictWriter(file, row.keys())
                if len(rows) == 1:
                    writer.writeheader()
                writer.writerow(row)
                file.flush()
    errors = [row["mean_mm"] for row in rows]
    failures = [row for row in rows if row["mean_mm"] > FAILURE_MM]
    silent = [row for row in failures if not row["warnings"]]
    false_alarms = [row for row in rows if row["warnings"] and row not in failures]
    print(f"{len(rows)} starts: mean {statistics.mean(errors):.3f} mm, median {statistics.median(errors):.3f} mm, ", end="")
    print(f"worst {max(errors):.3f} mm; {len(failures)} failures, {len(silent)} of them silent, {len(false_alarms)} false alarms")


if __name__ == "__main__":
    main()
