"""Transforms of other programs, and where they send points, for tests/transforms.rs.

Run: python transforms.py    (writes transforms/ and transforms.json beside this script)
Made with numpy 2.3, SimpleITK 2.5.7, nibabel 5.4.2, nitransforms 25.1.0, antspyx 0.6.3.
"""

import json
import shutil
from pathlib import Path

import ants
import nibabel
import nitransforms
import numpy as np
import SimpleITK as sitk
from scipy.spatial.transform import Rotation

here = Path(__file__).parent
files = here / "transforms"
shutil.rmtree(files, ignore_errors=True)
files.mkdir()
points = np.array([[5.0, 6.0, 7.0], [-40.0, 30.0, 20.0], [0.0, -80.0, 55.0]])
expected = {"points": points.tolist(), "itk": {}, "ants": {}, "between_images": {}}
lps = np.array([-1.0, -1.0, 1.0])

# ITK's transforms as SimpleITK writes them; it says itself where points go.
centre, turn, shift = (3.0, 20.0, -40.0), (0.0, 0.6, 0.8), (4.0, -3.0, 6.0)
euler = sitk.Euler3DTransform(centre, 0.1, -0.05, 0.2, shift)
zyx = sitk.Euler3DTransform(euler)
zyx.SetComputeZYX(True)
matrix = (1.05, 0.1, -0.02, -0.08, 0.97, 0.05, 0.01, -0.03, 1.1)
affine = sitk.AffineTransform(3)
affine.SetMatrix(matrix), affine.SetCenter(centre), affine.SetTranslation(shift)
versor = sitk.VersorTransform(turn, 0.3, centre)
rigid = sitk.VersorRigid3DTransform(turn, 0.3, shift, centre)
similar = sitk.Similarity3DTransform(1.15, turn, 0.3, shift, centre)
scaled = sitk.ScaleVersor3DTransform((1.1, 0.9, 1.2), turn, 0.3, shift, centre)
moved = sitk.TranslationTransform(3, shift)
composite = sitk.CompositeTransform([euler, scaled, moved])
for name, transform in [
    ("euler", euler),
    ("euler_zyx", zyx),
    ("affine", affine),
    ("versor", versor),
    ("versor_rigid", rigid),
    ("similarity", similar),
    ("scale_versor", scaled),
    ("translation", moved),
    ("composite", composite),
]:
    sitk.WriteTransform(transform, str(files / f"{name}.tfm"))
    expected["itk"][f"{name}.tfm"] = [
        (lps * transform.TransformPoint((lps * point).tolist())).tolist() for point in points
    ]

# ANTs' binary file, and the text of the same.
for name in ["ants.mat", "ants.txt"]:
    transform = ants.create_ants_transform(
        transform_type="AffineTransform", dimension=3, matrix=np.reshape(matrix, (3, 3)), translation=shift, center=centre
    )
    ants.write_transform(transform, str(files / name))
    expected["ants"][name] = [
        (lps * transform.apply_to_point((lps * point).tolist())).tolist() for point in points
    ]

# Files that need the two images: FSL's (one image with its first axis to the left, one to the right) and FreeSurfer's.
fixed = np.diag([-2.0, 2.0, 2.5, 1.0])
fixed[:3, 3] = [50, -60, -40]
moving = np.eye(4)
moving[:3, :3] = Rotation.from_euler("xyz", [10, -7, 20], degrees=True).as_matrix() * [1.0, 1.5, 3.0]
moving[:3, 3] = [-70, -55, -45]
images = {
    name: nibabel.Nifti1Image(np.zeros(shape, np.uint8), affine)
    for name, shape, affine in [("fixed", (50, 60, 40), fixed), ("moving", (120, 90, 30), moving)]
}
for name, image in images.items():
    image.set_sform(image.affine, 1), image.set_qform(image.affine, 1)
    nibabel.save(image, files / f"{name}.nii.gz")
world = np.eye(4)
world[:3, :3] = Rotation.from_euler("xyz", [5, 12, -9], degrees=True).as_matrix() @ np.diag([1.05, 0.95, 1.1])
world[:3, 3] = [3, -8, 5]
transform = nitransforms.linear.Affine(world, reference=images["fixed"])
transform.to_filename(files / "flirt.mat", moving=images["moving"], fmt="fsl")
transform.to_filename(files / "fixed_to_moving.lta", moving=images["moving"], fmt="fs")
expected["between_images"] = (points @ world[:3, :3].T + world[:3, 3]).tolist()

(here / "transforms.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
