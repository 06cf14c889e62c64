"""Write real heads of every kind of difficulty as cases of skull stripping.

    python strip_kinds.py OUT SCAN MASK [SCAN MASK ...]

Each head is written as it is and then turned in its header, resampled on an oblique grid with zeros outside, padded, with
an uneven field, coarser, mirrored, as small as a child's, cropped in three ways, in thick slices, defaced, noisy, and with
its brain alone: as it is, of a child's size, in z-scores, on grey, and where the field of view ends at it. MASK is the
brain of the scan as it is; it goes through the same changes. OUT/NAME-KIND/ gets scan.nii and brain.nii, which
`strip_score` reads.
"""

import pathlib
import sys

import nibabel
import numpy
from scipy import ndimage
from scipy.spatial.transform import Rotation


def about(middle, turn):
    """The world turned about a point (mm)."""
    matrix = numpy.eye(4)
    matrix[:3, :3] = turn
    matrix[:3, 3] = middle - turn @ middle
    return matrix


def resampled(head, mask, affine, shape):
    step = numpy.linalg.inv(head.affine) @ affine
    move = lambda data, order: ndimage.affine_transform(data, step[:3, :3], step[:3, 3], shape, order=order)
    return move(head.get_fdata(dtype=numpy.float32), 1), move(mask.astype(numpy.float32), 1) >= 0.5, affine


def grid(head, spacing, turn, size=1.0):
    """A grid of cubes that covers the head, turned about its middle; lengths shrink by `size`."""
    last = numpy.array(head.shape) - 1
    corners = numpy.array([[i, j, k] for i in (0, last[0]) for j in (0, last[1]) for k in (0, last[2])])
    world = nibabel.affines.apply_affine(head.affine, corners)
    middle = world.mean(0)
    turned = (world - middle) @ turn
    low, high = turned.min(0), turned.max(0)
    affine = numpy.eye(4)
    affine[:3, :3] = turn * spacing
    affine[:3, 3] = middle + turn @ low
    return affine, tuple(numpy.ceil((high - low) / spacing).astype(int) + 1)


def kinds(head, mask):
    """Name, voxels, mask and affine of each kind."""
    scan = head.get_fdata(dtype=numpy.float32)
    random = numpy.random.default_rng(7)
    axes = nibabel.io_orientation(head.affine)[:, 0].astype(int)
    right, front, top = (int(numpy.flatnonzero(axes == world)[0]) for world in range(3))
    signs = nibabel.io_orientation(head.affine)[:, 1]
    spacing = numpy.array(head.header.get_zooms()[:3])
    last = numpy.array(head.shape) - 1
    middle = nibabel.affines.apply_affine(head.affine, last / 2)
    tilt = Rotation.from_euler("x", 20, degrees=True).as_matrix()
    yield "plain", scan, mask, head.affine
    yield "turned-header", scan, mask, about(middle, tilt) @ head.affine
    yield "oblique-zeros", *resampled(head, mask, *grid(head, 1.5, tilt))
    pad = [(int(round(40 / side)),) * 2 for side in spacing]
    shifted = head.affine.copy()
    shifted[:3, 3] -= head.affine[:3, :3] @ [width for width, _ in pad]
    yield "padded", numpy.pad(scan, pad), numpy.pad(mask, pad), shifted
    places = [numpy.linspace(-1, 1, count).reshape([-1 if a == axis else 1 for a in range(3)]) for axis, count in enumerate(scan.shape)]
    field = 1 + 0.4 * (places[right] + 0.7 * places[top] - 0.5 * places[front]) / 1.6
    yield "uneven", scan * field.astype(numpy.float32), mask, head.affine
    yield "coarser", *resampled(head, mask, *grid(head, float(max(2 * spacing.min(), 2.0)), numpy.eye(3)))
    yield "mirrored", numpy.flip(scan, right), numpy.flip(mask, right), head.affine
    for size in (0.75, 0.6):
        affine = head.affine.copy()
        affine[:3, :3] *= size
        yield f"child-{size}", scan, mask, affine
    keep = lambda axis, share, end: tuple(
        slice(None) if a != axis else (slice(int(share * scan.shape[a]), None) if (end > 0) == (signs[a] > 0) else slice(0, scan.shape[a] - int(share * scan.shape[a])))
        for a in range(3)
    )
    extent = numpy.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != top)))
    base, vertex = (extent[0], extent[-1]) if signs[top] > 0 else (extent[-1], extent[0])
    low_share = abs(base - (0 if signs[top] > 0 else last[top])) / scan.shape[top] + 0.25 * len(extent) / scan.shape[top]
    high_share = abs((last[top] if signs[top] > 0 else 0) - vertex) / scan.shape[top] + 0.2 * len(extent) / scan.shape[top]
    for name, cut in (("no-base", keep(top, low_share, 1)), ("no-vertex", keep(top, high_share, -1)), ("no-face", keep(front, 0.2, -1))):
        yield f"cropped-{name}", scan[cut], mask[cut], shift(head.affine, cut)
    thick = max(1, int(round(6 / spacing[top])))
    count = scan.shape[top] // thick
    blocks = numpy.add.reduceat(scan, numpy.arange(0, count * thick, thick), axis=top)[tuple(slice(None) if a != top else slice(0, count) for a in range(3))] / thick
    share = numpy.add.reduceat(mask.astype(float), numpy.arange(0, count * thick, thick), axis=top)[tuple(slice(None) if a != top else slice(0, count) for a in range(3))] / thick
    affine = head.affine.copy()
    affine[:3, 3] += head.affine[:3, top] * (thick - 1) / 2
    affine[:3, top] *= thick
    yield "thick", blocks, share >= 0.5, affine
    world = nibabel.affines.apply_affine(head.affine, numpy.moveaxis(numpy.indices(scan.shape), 0, -1))
    brain = world[mask].mean(0)
    face = (world[..., 1] - brain[1]) - 0.6 * (world[..., 2] - brain[2]) > 85
    yield "defaced", numpy.where(face & ~mask, 0, scan), mask, head.affine
    noise = 0.12 * numpy.percentile(scan[mask], 50)
    yield "noisy", numpy.hypot(scan + noise * random.standard_normal(scan.shape), noise * random.standard_normal(scan.shape)), mask, head.affine
    alone, inside = numpy.where(mask, scan, 0), scan[mask]
    small = head.affine.copy()
    small[:3, :3] *= 0.75
    box = tuple(slice(places.min(), places.max() + 1) for places in numpy.nonzero(mask))
    yield "brain-alone", alone, mask, head.affine
    yield "brain-child-0.75", alone, mask, small
    yield "brain-in-z-scores", numpy.where(mask, (scan - inside.mean()) / inside.std(), 0), mask, head.affine
    yield "brain-on-grey", numpy.where(mask, scan, numpy.median(inside)), mask, head.affine
    yield "brain-tight", alone[box], mask[box], shift(head.affine, box)


def shift(affine, cut):
    moved = affine.copy()
    moved[:3, 3] = nibabel.affines.apply_affine(affine, [part.start or 0 for part in cut])
    return moved


def main():
    out = pathlib.Path(sys.argv[1])
    for scan, mask in zip(sys.argv[2::2], sys.argv[3::2]):
        head, brain = nibabel.load(scan), numpy.asanyarray(nibabel.load(mask).dataobj) > 0
        name = pathlib.Path(scan).name.split("_")[0]
        for kind, voxels, inside, affine in kinds(head, brain):
            folder = out / f"{name}-{kind}"
            folder.mkdir(parents=True, exist_ok=True)
            nibabel.save(nibabel.Nifti1Image(voxels.astype(numpy.float32), affine), folder / "scan.nii")
            nibabel.save(nibabel.Nifti1Image(inside.astype(numpy.uint8), affine), folder / "brain.nii")


if __name__ == "__main__":
    main()
