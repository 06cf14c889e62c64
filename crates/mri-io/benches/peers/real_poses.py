"""Write a list of registrations of real heads whose poses are known by landmarks, for the example `register_score`.

    python real_poses.py IXI MASKS LABEL_MAPS REFERENCE OUT [--dof 6] [--odd]

IXI: folder of T1 heads with DLMUSE segmentations beside them; MASKS: their brain masks, `NAME_mask.nii`; LABEL_MAPS:
SynthSeg's ten training maps; REFERENCE: `crates/mri-io/src/preprocess/reference/t2.nii.gz`. OUT/list.tsv names the files that are
written beside it. Heads of even number are those that registration was tuned on; `--odd` takes the others.

The reference has no segmentation: its landmarks are the means of those of the maps that it was made from, each
brought onto it by `mri-prep register --dof 12` (same contrast, same persons).
"""

import argparse
import pathlib
import subprocess

import nibabel
import numpy
from landmarks import DLMUSE, SYNTHSEG, landmarks, mirrored, motion
from scipy.spatial.transform import Rotation

# T2 signal of the maps' labels, enough to bring them onto the reference: white matter, grey matter, fluid.
SIGNALS = {
    70: [2, 41, 7, 46, 16, 28, 60],
    95: [3, 42, 8, 47, 10, 11, 12, 13, 17, 18, 26, 49, 50, 51, 52, 53, 54, 58],
    200: [4, 5, 14, 15, 24, 43, 44],
}
POSES = ["upright", "turned 20-40", "turned 40-55", "x0.75", "x1.25", "half a turn"]
# Fixed and moving volume of each kind: reference, brain or head; "+m" with its mask.
KINDS = ["reference+m brain+m", "reference+m brain", "reference brain", "reference+m head", "reference+m head+m",
         "reference head", "head brain", "brain brain", "head head"]
FIXED = 3  # number of the head that others are registered to
SEARCH = 57  # degrees that the search reaches, with a margin


def reference_landmarks(maps, reference, mask, out):
    found = []
    for path in sorted(maps.glob("training_seg_*.nii.gz")):
        image = nibabel.load(path)
        labels = numpy.asarray(image.dataobj).astype(int)
        scan = sum(numpy.isin(labels, wanted) * numpy.float32(signal) for signal, wanted in SIGNALS.items())
        rendered, matrix = out / f"{path.name.split('.')[0]}.nii", out / "map.txt"
        nibabel.save(nibabel.Nifti1Image(scan, image.affine), rendered)
        subprocess.run(["mri-prep", "register", reference, rendered, "--fixed-mask", mask, "--dof", "12", "--matrix", matrix], check=True)
        points = landmarks(path, SYNTHSEG)
        found.append(nibabel.affines.apply_affine(numpy.linalg.inv(numpy.loadtxt(matrix)), points))
    mean = numpy.mean(found, 0)
    return (mean + mirrored(mean)) / 2


def change(pose, start, middle, random):
    """A change of the moving world, such that the whole turn stays within the search."""
    axis, way = random.standard_normal((2, 3))
    axis /= numpy.linalg.norm(axis)
    low, high = {"turned 20-40": (20, 40), "turned 40-55": (40, 55), "x0.75": (0, 30), "x1.25": (0, 30)}.get(pose, (0, 0))
    degrees = random.uniform(low, high)
    while (Rotation.from_rotvec(numpy.radians(axis * degrees)) * start).magnitude() > numpy.radians(SEARCH):
        axis, degrees = -axis, 0.9 * degrees
    if pose == "half a turn":
        axis, degrees = numpy.eye(3)[random.integers(3)], 180
    matrix = numpy.eye(4)
    matrix[:3, :3] = Rotation.from_rotvec(numpy.radians(axis * degrees)).as_matrix() * {"x0.75": 0.75, "x1.25": 1.25}.get(pose, 1)
    shift = 0 if pose == "upright" else way / numpy.linalg.norm(way) * random.uniform(0, 40)
    matrix[:3, 3] = middle + shift - matrix[:3, :3] @ middle
    return matrix


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("ixi", "masks", "maps", "reference", "out"):
        parser.add_argument(name, type=pathlib.Path)
    parser.add_argument("--dof", default="6")
    parser.add_argument("--odd", action="store_true")
    parser.add_argument("--each", type=int, default=12, help="cases of a kind")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    image = nibabel.load(given.reference)
    reference_mask = given.out / "reference_mask.nii"
    nibabel.save(nibabel.Nifti1Image((image.get_fdata() > 0).astype(numpy.uint8), image.affine), reference_mask)

    names, points = [], {"reference": reference_landmarks(given.maps, given.reference, reference_mask, given.out)}
    for path in sorted(given.ixi.glob("*_T1.nii.gz")):
        name = path.name.removesuffix(".nii.gz")
        head, inside = nibabel.load(path), numpy.asanyarray(nibabel.load(given.masks / f"{name}_mask.nii").dataobj) > 0
        data = head.get_fdata(dtype=numpy.float32)
        for kind, voxels in ("head", data), ("brain", numpy.where(inside, data, 0)), ("mask", inside.astype(numpy.uint8)):
            nibabel.save(nibabel.Nifti1Image(voxels, head.affine), given.out / f"{name}-{kind}.nii")
        points[name] = landmarks(given.ixi / f"{name}_DLMUSE.nii.gz", DLMUSE)
        names.append(name)
    others = [name for number, name in enumerate(names) if number % 2 == given.odd and number != FIXED]
    random = numpy.random.default_rng(100 + given.odd)
    lines = []
    for kind in KINDS:
        fixed, moving = kind.split()
        order = random.permutation(others)
        for case in range(given.each):
            name, pose = order[case % len(order)], POSES[case % len(POSES)]
            here = points["reference" if fixed.startswith("reference") else names[FIXED]]
            linear = motion(here, points[name])[:3, :3]
            start = Rotation.from_matrix(linear / numpy.cbrt(numpy.linalg.det(linear)))
            moved = change(pose, start, points[name].mean(0), random)
            truth = motion(here, nibabel.affines.apply_affine(moved, points[name]))
            files = [given.reference if fixed.startswith("reference") else given.out / f"{names[FIXED]}-{fixed}.nii",
                     reference_mask if fixed.endswith("+m") else "-",
                     given.out / f"{name}-{moving.removesuffix('+m')}.nii",
                     given.out / f"{name}-mask.nii" if moving.endswith("+m") else "-"]
            numbers = [" ".join(f"{value:.9g}" for value in matrix.ravel()) for matrix in (moved, truth)]
            lines.append("\t".join([f"{kind}, {name} {pose}", given.dof, *map(str, files), *numbers]))
    (given.out / "list.tsv").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
