"""Linear transforms of MRtrix3 and greedy, and where these programs send points, for tests/transforms.rs.

Run: python linear.py    (writes linear/ and linear.json beside this script; MRtrix3's commands must be on the path)
Made with MRtrix3 3.0.3 (Debian), picsl-greedy 1.4.0.3, nibabel 5.4.2, numpy 2.4.6, scipy 1.17.1.

Each program registers two images, and then resamples three more by the transform that it wrote: their values are the world
coordinates (RAS+, mm) of their own voxels. So the program itself tells where its file sends the points of the fixed grid.
"""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import nibabel
import numpy as np
from picsl_greedy import Greedy3D
from scipy.ndimage import gaussian_filter
from scipy.spatial.transform import Rotation

here = Path(__file__).parent
files = here / "linear"
shutil.rmtree(files, ignore_errors=True)
files.mkdir()
work = Path(tempfile.mkdtemp())


def grid(shape, spacing, degrees, flip):
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", degrees, degrees=True).as_matrix() * spacing * flip
    affine[:3, 3] = -affine[:3, :3] @ (np.array(shape) - 1) / 2
    return shape, affine


def world(shape, affine):
    return np.moveaxis(np.indices(shape), 0, -1) @ affine[:3, :3].T + affine[:3, 3]


def save(name, values, affine):
    image = nibabel.Nifti1Image(values.astype(np.float32), affine)
    image.set_sform(affine, 1), image.set_qform(affine, 1)
    nibabel.save(image, work / f"{name}.nii.gz")


# One grid with its first axis to the left, one turned and mirrored otherwise.
fixed = grid((40, 44, 36), (4.0, 4.0, 4.5), (0, 0, 0), (-1, 1, 1))
moving = grid((48, 40, 44), (3.5, 4.5, 4.0), (8, -5, 12), (1, -1, 1))
places = np.random.default_rng(1).uniform(-45, 45, (14, 3))
heights = np.random.default_rng(2).uniform(0.5, 2, 14)
turn = Rotation.from_euler("xyz", [4, -3, 6], degrees=True).as_matrix() @ np.diag([1.04, 0.97, 1.02])


def scene(points):
    """Blobs, as at `points` (mm)."""
    squares = ((points[..., None, :] - places) ** 2).sum(-1)
    return 100 * (np.exp(-squares / 300) * heights).sum(-1)


save("fixed", scene(world(*fixed)), fixed[1])
save("moving", scene((world(*moving) - [3, -4, 2]) @ np.linalg.inv(turn).T), moving[1])
coordinates = world(*moving)
for axis, name in enumerate("xyz"):
    save(name, coordinates[..., axis], moving[1])

expected = {}
voxels = [[20, 22, 18], [14, 26, 15], [25, 17, 22], [18, 30, 20]]
points = world(*fixed)[tuple(np.transpose(voxels))]


def told(name, resample):
    """Where the program sends the points by the file of this name."""
    to = []
    for axis in "xyz":
        resample(str(work / f"{axis}.nii.gz"), str(work / "out.nii.gz"), str(files / name))
        out = nibabel.load(work / "out.nii.gz")
        # MRtrix3 may store the axes of the result in another order.
        at = np.rint(nibabel.affines.apply_affine(np.linalg.inv(out.affine), points)).astype(int)
        to.append(out.get_fdata()[tuple(at.T)])
    expected[name] = np.transpose(to).tolist()


def mrtrix(*words):
    subprocess.run([*map(str, words), "-quiet", "-force", "-nthreads", "1"], check=True)


def by_mrtrix(source, target, transform):
    mrtrix("mrtransform", source, target, "-linear", transform, "-template", work / "fixed.nii.gz", "-interp", "linear")


for kind in ["rigid", "affine"]:
    name = f"mrtrix_{kind}.txt"
    mrtrix("mrregister", work / "moving.nii.gz", work / "fixed.nii.gz", "-type", kind, f"-{kind}", files / name)
    text = (files / name).read_text()
    # The history names folders of this machine.
    (files / name).write_text(text.replace(f"{work}/", "").replace(f"{files}/", ""))
    told(name, by_mrtrix)

greedy = Greedy3D()
for kind, freedom in [("rigid", 6), ("affine", 12)]:
    name = f"greedy_{kind}.txt"
    images = f"{work}/fixed.nii.gz {work}/moving.nii.gz"
    greedy.execute(f"-a -dof {freedom} -i {images} -ia-identity -m NCC 2x2x2 -n 60x40x10 -o {files}/{name}")
    told(
        name,
        lambda source, target, transform: Greedy3D().execute(
            f"-rf {work}/fixed.nii.gz -rm {source} {target} -ri LINEAR -r {transform}"
        ),
    )

(here / "linear.json").write_text(
    json.dumps({"points": points.tolist(), "to": expected}, separators=(",", ":")) + "\n"
)
