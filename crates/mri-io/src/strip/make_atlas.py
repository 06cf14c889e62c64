"""Makes atlas.bin.gz, the shape prior of skull stripping, from SynthSeg's label maps 01 to 06.

    python make_atlas.py LABEL_MAP_FOLDER atlas.bin.gz      (needs numpy, scipy, nibabel, torch)

The maps (Billot et al., "SynthSeg", Medical Image Analysis 86, 2023; Apache-2.0) are brought into one space by
affine transforms that minimize the squared differences of their class probabilities, averaged together with
their mirror images, and written on a 4 mm grid: the left half, four bits for each class and voxel.
Maps 07 to 10 are left out: they are for scoring.
"""
import gzip
import sys

import nibabel as nib
import numpy as np
import torch
from scipy import ndimage

MAPS = range(1, 7)
SPACING = 4.0
# Voxels along right, front and top, and the world position (mm) of the first. x = 0 is the mid-plane.
SHAPE = (48, 58, 50)
ORIGIN = np.array([-94.0, -122.0, -96.0])
# Radius (mm) of the closing that makes the brain's hull of its tissue, as in mri-phantom.
CLOSING = 7
AIR, BONE, SOFT, OUTER_FLUID, INNER_FLUID, GREY, WHITE = range(7)
CLASSES = 7

VENTRICLES = [4, 5, 14, 15, 31, 43, 44, 63, 72]
WHITE_LABELS = [2, 7, 16, 28, 41, 46, 60, 77, 85]
BONE_LABELS = [502, 514, 515]


def classes_of(labels):
    """One-hot classes of a label map at 1 mm, and which voxels the map really covers."""
    tissue = (labels > 0) & (labels < 500) & (labels != 24)
    components, count = ndimage.label(tissue)
    sizes = ndimage.sum(tissue, components, range(1, count + 1))
    tissue = components == 1 + np.argmax(sizes)
    margin = CLOSING + 2
    box = tuple(slice(max(axis.min() - margin, 0), axis.max() + margin) for axis in np.nonzero(tissue))
    near = ndimage.distance_transform_edt(~tissue[box]) <= CLOSING
    hull = np.zeros(labels.shape, bool)
    hull[box] = ndimage.distance_transform_edt(near) > CLOSING
    kind = np.full(labels.shape, SOFT, np.uint8)
    kind[labels == 0] = AIR
    kind[np.isin(labels, BONE_LABELS)] = BONE
    kind[labels == 24] = OUTER_FLUID
    kind[hull] = INNER_FLUID
    kind[tissue] = GREY
    kind[np.isin(labels, WHITE_LABELS) & tissue] = WHITE
    kind[np.isin(labels, VENTRICLES) & tissue] = INNER_FLUID
    # The maps end at a plane below the head; what is beyond is not known to be air.
    lowest = np.argwhere(labels > 0)[:, 2].min()
    known = np.zeros(labels.shape, np.float32)
    known[:, :, lowest + 1:] = 1
    return np.stack([kind == k for k in range(CLASSES)]).astype(np.float32) * known, known


def load(folder, number):
    """Smoothed classes at 2 mm, the last channel says what is known; and the centre and the affine (mm)."""
    image = nib.as_closest_canonical(nib.load(f"{folder}/training_seg_{number:02d}.nii.gz"))
    labels = np.asanyarray(image.dataobj).astype(int)
    classes, known = classes_of(labels)
    brain = classes[INNER_FLUID:].sum(0)
    centre = np.array(ndimage.center_of_mass(brain)) + image.affine[:3, 3]
    volume = np.concatenate([classes, known[None]])
    halves = volume.reshape(len(volume), 128, 2, 128, 2, 128, 2).mean((2, 4, 6))
    print(number, flush=True)
    return torch.from_numpy(halves), image.affine[:3, 3] + 0.5, centre


def grid(scale=1):
    axes = [ORIGIN[a] + SPACING * (np.arange(0, SHAPE[a], scale) + 0.5 * (scale - 1)) for a in range(3)]
    return torch.from_numpy(np.stack(np.meshgrid(*axes, indexing="ij"), -1)).float()


def sample(volume, origin, points):
    """Linear interpolation at world points (mm) of a volume with 2 mm voxels."""
    size = torch.tensor(volume.shape[1:]).float()
    index = (points - torch.from_numpy(origin).float()) / 2
    unit = 2 * index / (size - 1) - 1
    return torch.nn.functional.grid_sample(volume[None], unit.flip(-1)[None], align_corners=True)[0]


def blur(volume, width):
    return torch.from_numpy(np.stack([ndimage.gaussian_filter(channel, width) for channel in volume.numpy()]))


def main(folder, output):
    maps = [load(folder, number) for number in MAPS]
    print("loaded", flush=True)
    coarse = [blur(volume, 2.0) for volume, _, _ in maps]
    points, full = grid(2), grid()
    # atlas point -> map point: (identity + linear) * point + centre + shift, linear in units of 1/60 mm
    steps = [torch.zeros(3, 4, requires_grad=True) for _ in maps]

    def warped(index, volume, at):
        _, origin, centre = maps[index]
        linear = torch.eye(3) + steps[index][:, :3] / 60
        return sample(volume, origin, at @ linear.T + torch.from_numpy(centre).float() + steps[index][:, 3])

    def mean(volumes, at):
        total = sum(warped(index, volume, at) for index, volume in enumerate(volumes))
        total = total + total.flip(1)
        return total[:-1] / total[-1:].clamp(min=1e-3), total[-1:]

    for sweep in range(6):
        with torch.no_grad():
            target, weight = mean(coarse, points)
            weight = (weight > 0).float()
        for index in range(len(maps)):
            optimizer = torch.optim.LBFGS([steps[index]], max_iter=12, line_search_fn="strong_wolfe")

            def loss():
                optimizer.zero_grad()
                found = warped(index, coarse[index], points)
                value = (weight * found[-1:] * (found[:-1] - found[-1:] * target) ** 2).sum() / 100
                value.backward()
                return value

            value = optimizer.step(loss)
            print(sweep, index, float(value), flush=True)
        if sweep == 0:
            # The mean of the first transforms becomes the identity, but for what mirroring takes away.
            odd = torch.tensor([[0, 1, 1, 1], [1, 0, 0, 0], [1, 0, 0, 0]]).float()
            with torch.no_grad():
                average = sum(steps) / len(steps)
                for step in steps:
                    step -= average * (1 - odd)
    with torch.no_grad():
        atlas, _ = mean([volume for volume, _, _ in maps], full)
    atlas = atlas.numpy()
    half = np.clip(np.rint(atlas[1:, : SHAPE[0] // 2] * 15), 0, 15).astype(np.uint8)
    flat = half.reshape(-1)
    packed = flat[0::2] | flat[1::2] << 4
    with open(output, "wb") as file:
        file.write(gzip.compress(packed.tobytes(), 9, mtime=0))


main(sys.argv[1], sys.argv[2])
