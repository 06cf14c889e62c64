#!/bin/sh
# The Jacobian determinant of a displacement field tells growth (above 1) from shrinkage (below 1); morphometry rests on it.
# Where the voxels' axes lead cannot matter, for the vectors are in space. SimpleITK's DisplacementFieldJacobianDeterminant
# takes the derivatives along the voxels' axes and mixes them with vectors in space, though its documentation calls them
# "derivatives in world coordinates". The very field that says 0.9 on axes that lead to L, P and S says 1.1 on R, A and S, the
# usual order of a NIfTI file: the atrophy of a hippocampus is reported as growth, and nothing fails.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile SimpleITK==2.5.7 numpy==2.3.5
cd "$folder"
venv/bin/python - <<'PYTHON'
import numpy as np, SimpleITK as sitk
print("SimpleITK", sitk.Version.VersionString(), "ITK", sitk.Version.ITKVersionString())
shrinkage = sitk.AffineTransform(3)
shrinkage.SetMatrix(np.diag([0.9, 1.0, 1.0]).ravel())  # by 10 % from left to right
turn = sitk.Euler3DTransform((0, 0, 0), 0, 0, np.deg2rad(60))
found = {}
for order in ["LPS", "RAS", "RPS", "oblique by 60 degrees"]:
    grid = sitk.Image(20, 20, 20, sitk.sitkFloat32)
    grid.SetSpacing((2, 2, 2))
    if order.startswith("oblique"):
        grid.SetDirection(turn.GetMatrix())
    else:
        grid = sitk.DICOMOrient(grid, order)
    field = sitk.TransformToDisplacementField(
        shrinkage, sitk.sitkVectorFloat64, grid.GetSize(), grid.GetOrigin(), grid.GetSpacing(), grid.GetDirection()
    )
    point = np.array([12.5, 7.25, 20.0]) if not order.startswith("oblique") else grid.TransformContinuousIndexToPhysicalPoint((9.5, 9.5, 9.5))
    moved = sitk.DisplacementFieldTransform(sitk.Image(field)).TransformPoint(point)
    assert np.allclose(moved, shrinkage.TransformPoint(point))  # whatever the grid, the field is the same in space
    inside = sitk.GetArrayFromImage(sitk.DisplacementFieldJacobianDeterminant(field))[2:-2, 2:-2, 2:-2]
    found[order] = float(inside.mean())
    print(f"axes {order}: determinant {inside.min():.3f} to {inside.max():.3f}, should be {np.linalg.det(np.diag([0.9, 1, 1])):.3f}")
assert np.allclose([found["LPS"], found["RAS"], found["RPS"]], [0.9, 1.1, 1.1]), "the behaviour has changed"
assert abs(found["oblique by 60 degrees"] - 0.9) > 0.01, "the behaviour has changed"
PYTHON
