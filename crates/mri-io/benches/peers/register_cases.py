"""Write the registration cases: pairs of volumes whose rigid transform is known.

    python register_cases.py OUT COLIN27 [--transforms N]

Two anatomies: the ICBM152 T1 brain that nilearn ships, and the Colin27 head of Debian's package
mricron-data (COLIN27 is its folder of templates). Each is the fixed volume as it is; the moving one is
made from it in the same or in inverted (T2-like) contrast, with or without a painted tumour, after the head
has turned by up to 45 degrees and shifted by up to 40 mm, with a new bias field and noise. Of the head
there are also moving scans with a small field of view (`cropped`) and with slices of 5.5 mm (`thick`).

A case is a folder: fixed.nii.gz, moving.nii.gz, mask.nii.gz (the fixed brain) and truth.txt (4x4, fixed to
moving, RAS+ mm). It depends on its name and on SEED alone.
"""

import argparse
import pathlib
import zlib

import nibabel
import numpy
from nilearn import datasets
from scipy import ndimage
from scipy.spatial.transform import Rotation

SEED = 20190335
# Moving grids: voxels, spacing (mm), and how many fine slices one slice averages. None: the fixed grid.
GRIDS = {
    "": None,
    "-cropped": ((150, 180, 110), (1.0, 1.0, 1.0), 1),
    "-thick": ((256, 256, 26), (0.9, 0.9, 5.5), 5),
}


def icbm():
    """The skull-stripped ICBM152 T1 template, 1 mm, and its brain mask."""
    image = datasets.load_mni152_template(resolution=1)
    mask = datasets.load_mni152_brain_mask(resolution=1)
    return image.get_fdata(dtype=numpy.float32), image.affine, mask.get_fdata() > 0


def colin(templates):
    """The Colin27 T1 head and its brain mask."""
    image, brain = nibabel.load(templates / "ch2.nii.gz"), nibabel.load(templates / "ch2bet.nii.gz")
    return image.get_fdata(dtype=numpy.float32), image.affine, brain.get_fdata() > 0


def invert(data):
    """A T2-like copy: dark becomes bright inside the head, the air stays dark."""
    top = numpy.percentile(data[data > 0], 99.5)
    head = ndimage.binary_fill_holes(data > 0.08 * top)
    inverted = 1.0 - 0.8 * (numpy.clip(data, 0, top) / top) ** 0.8
    return numpy.where(head, inverted * top, 0).astype(numpy.float32)


def paint_tumour(data, mask, depth, rng, diameter=50.0):
    """A bright blob with a dark middle, somewhere in the brain (1 mm voxels)."""
    inside = numpy.argwhere(depth > 0.4 * diameter)
    centre = inside[rng.integers(len(inside))]
    squares = [(numpy.arange(n) - at) ** 2 for n, at in zip(data.shape, centre)]
    distance = numpy.sqrt(squares[0][:, None, None] + squares[1][:, None] + squares[2])
    coarse = rng.standard_normal([n // 6 + 2 for n in data.shape])
    ripple = 4 * ndimage.zoom(ndimage.gaussian_filter(coarse, 1), 6.5, order=1)[tuple(slice(n) for n in data.shape)]
    top = numpy.percentile(data[mask], 99)
    bright = (distance + ripple < 0.5 * diameter) & mask
    necrotic = (distance + ripple < 0.25 * diameter) & mask
    return numpy.where(necrotic, 0.2 * top, numpy.where(bright, 1.1 * top, data)).astype(numpy.float32)


def random_rigid(rng, centre, degrees=45.0, millimetres=40.0):
    """A rotation about `centre` by up to `degrees`, then a shift by up to `millimetres`."""
    axis, direction = rng.standard_normal((2, 3))
    angle = numpy.deg2rad(rng.uniform(5, degrees))
    matrix = numpy.eye(4)
    matrix[:3, :3] = Rotation.from_rotvec(axis / numpy.linalg.norm(axis) * angle).as_matrix()
    shift = direction / numpy.linalg.norm(direction) * rng.uniform(0, millimetres)
    matrix[:3, 3] = centre + shift - matrix[:3, :3] @ centre
    return matrix


def scan(data, affine, truth, grid, centre, rng):
    """The scan after the head moved by `truth`, with bias and noise, and its affine.

    A grid of its own follows the head, as a technician would place it, within 5 mm."""
    if grid is None:
        shape, out, slices = data.shape, affine, 1
    else:
        shape, spacing, slices = grid
        out = numpy.diag([*spacing, 1.0])
        placed = (truth @ [*centre, 1])[:3] + rng.uniform(-5, 5, 3)
        out[:3, 3] = placed - out[:3, :3] @ ((numpy.array(shape) - 1) / 2)
    fine = numpy.array(out)
    fine[:3, 2] /= slices
    fine[:3, 3] -= out[:3, 2] * (slices - 1) / (2 * slices)
    voxel = numpy.linalg.inv(affine) @ numpy.linalg.inv(truth) @ fine
    moved = ndimage.affine_transform(
        data, voxel[:3, :3], voxel[:3, 3], (*shape[:2], shape[2] * slices), order=3, output=numpy.float32
    )
    moved = moved.reshape(*shape, slices).mean(axis=-1)
    noise = 0.02 * data.max() * rng.standard_normal(shape, numpy.float32)
    return numpy.clip(moved * smooth_field(shape, 0.15, rng) + noise, 0, None), out


def smooth_field(shape, strength, rng):
    """1 plus a product of slow waves along the axes, each with at most one period in the field of view."""
    waves = [numpy.cos(rng.uniform(3, 6) * numpy.linspace(-0.5, 0.5, n) + rng.uniform(0, 6)) for n in shape]
    return (1 + strength * waves[0][:, None, None] * waves[1][:, None] * waves[2]).astype(numpy.float32)


def save(path, data, affine):
    """As a scanner would: int16, millimetres."""
    scale = 1 if data.dtype == numpy.uint8 else 4000 / data.max()
    image = nibabel.Nifti1Image((data * scale).astype(numpy.int16), affine)
    image.header.set_xyzt_units("mm")
    nibabel.save(image, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("colin", type=pathlib.Path)
    parser.add_argument("--transforms", type=int, default=13)
    arguments = parser.parse_args()
    nibabel.openers.Opener.default_compresslevel = 1

    heads = {"icbm": icbm(), "colin": colin(arguments.colin)}
    depths = {name: ndimage.distance_transform_edt(mask) for name, (_, _, mask) in heads.items()}
    variants = [contrast + tumour for contrast in ("-same", "-inverted") for tumour in ("", "-tumour")]
    kinds = [name + variant for variant in variants for name in heads]
    kinds += ["colin-inverted-tumour-cropped", "colin-inverted-thick", "colin-inverted-tumour-thick"]
    # One of each kind before the second of any, so that a folder cut short is still balanced.
    for number in range(arguments.transforms):
        for kind in kinds:
            folder = arguments.out / f"{kind}-{number:02}"
            if (folder / "truth.txt").exists():
                continue
            folder.mkdir(parents=True, exist_ok=True)
            rng = numpy.random.default_rng([SEED, zlib.crc32(kind.encode()), number])
            name = kind.split("-")[0]
            data, affine, mask = heads[name]
            source = invert(data) if "inverted" in kind else data
            if "tumour" in kind:
                source = paint_tumour(source, mask, depths[name], rng)
            centre = (affine @ [*numpy.argwhere(mask).mean(axis=0), 1])[:3]
            truth = random_rigid(rng, centre)
            grid = next((grid for ending, grid in GRIDS.items() if ending and kind.endswith(ending)), None)
            moving, moving_affine = scan(source, affine, truth, grid, centre, rng)
            save(folder / "fixed.nii.gz", data, affine)
            save(folder / "moving.nii.gz", moving, moving_affine)
            save(folder / "mask.nii.gz", mask.astype(numpy.uint8), affine)
            # Last: a case is whole when its truth is there.
            numpy.savetxt(folder / "truth.txt", truth)
            print(folder, flush=True)


if __name__ == "__main__":
    main()
