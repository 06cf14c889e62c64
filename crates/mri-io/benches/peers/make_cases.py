"""Write the registration cases: pairs of volumes whose rigid transform is known.

    python make_cases.py OUT [--transforms N] [--colin ch2.nii.gz --colin-brain ch2bet.nii.gz]

Two anatomies (the ICBM152 T1 brain that nilearn ships, and the Colin27 head of Debian's
package mricron-data), each with the same and with inverted contrast, with and without a painted
tumour, N random transforms each. Everything is drawn from one seed, so the folder is the same on
every machine.

Each case is a folder: fixed.nii.gz, moving.nii.gz, mask.nii.gz (the fixed brain) and truth.txt
(4x4, fixed to moving, RAS+ mm).
"""

import argparse
import pathlib

import nibabel
import numpy
from nilearn import datasets
from scipy import ndimage
from scipy.spatial.transform import Rotation

SEED = 20190335


def icbm():
    """The skull-stripped ICBM152 T1 template, 1 mm, and its brain mask."""
    image = datasets.load_mni152_template(resolution=1)
    mask = datasets.load_mni152_brain_mask(resolution=1)
    return image.get_fdata(dtype=numpy.float32), image.affine, mask.get_fdata() > 0


def colin(head, brain):
    """The Colin27 T1 head and its brain mask."""
    image = nibabel.load(head)
    return image.get_fdata(dtype=numpy.float32), image.affine, nibabel.load(brain).get_fdata() > 0


def invert(data):
    """A T2-like copy: dark becomes bright inside the head, the air stays dark."""
    top = numpy.percentile(data[data > 0], 99.5)
    head = ndimage.binary_fill_holes(data > 0.08 * top)
    inverted = 1.0 - 0.8 * (numpy.clip(data, 0, top) / top) ** 0.8
    return numpy.where(head, inverted * top, 0).astype(numpy.float32)


def paint_tumour(data, mask, rng, diameter=50.0):
    """A bright blob with a dark middle, somewhere in the brain (1 mm voxels)."""
    inside = numpy.argwhere(ndimage.distance_transform_edt(mask) > 0.4 * diameter)
    centre = inside[rng.integers(len(inside))]
    distance = numpy.linalg.norm(numpy.indices(data.shape).T - centre, axis=-1).T
    ripple = ndimage.gaussian_filter(rng.standard_normal(data.shape), 6) * 60
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


def move(data, affine, truth, rng):
    """The scan after the head moved by `truth`, on the same grid, with bias and noise."""
    voxel = numpy.linalg.inv(affine) @ numpy.linalg.inv(truth) @ affine
    moved = ndimage.affine_transform(data, voxel[:3, :3], voxel[:3, 3], order=3)
    bias = ndimage.zoom(rng.uniform(0.85, 1.15, (4, 4, 4)), numpy.array(data.shape) / 4, order=3)
    noise = rng.normal(0, 0.02 * data.max(), data.shape)
    return numpy.clip(moved * bias + noise, 0, None).astype(numpy.float32)


def save(path, data, affine):
    image = nibabel.Nifti1Image(data, affine)
    image.header.set_xyzt_units("mm")
    nibabel.save(image, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--transforms", type=int, default=20)
    parser.add_argument("--colin")
    parser.add_argument("--colin-brain")
    arguments = parser.parse_args()

    anatomies = {"icbm": icbm()}
    if arguments.colin:
        anatomies["colin"] = colin(arguments.colin, arguments.colin_brain)
    for name, (data, affine, mask) in anatomies.items():
        centre = (affine @ [*numpy.argwhere(mask).mean(axis=0), 1])[:3]
        for contrast in ("same", "inverted"):
            for tumour in ("healthy", "tumour"):
                rng = numpy.random.default_rng([SEED, len(name), len(contrast), len(tumour)])
                for number in range(arguments.transforms):
                    source = invert(data) if contrast == "inverted" else data
                    if tumour == "tumour":
                        source = paint_tumour(source, mask, rng)
                    truth = random_rigid(rng, centre)
                    folder = arguments.out / f"{name}-{contrast}-{tumour}-{number:02}"
                    folder.mkdir(parents=True, exist_ok=True)
                    save(folder / "fixed.nii.gz", data, affine)
                    save(folder / "moving.nii.gz", move(source, affine, truth, rng), affine)
                    save(folder / "mask.nii.gz", mask.astype(numpy.uint8), affine)
                    numpy.savetxt(folder / "truth.txt", truth)
                    print(folder)


if __name__ == "__main__":
    main()
