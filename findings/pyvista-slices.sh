#!/bin/sh
# PyVista opens a NIfTI file in one line, and the documentation of its reader says nothing of what gets lost: the affine (the
# volume lies at the origin along the axes), the slope (stored integers come instead of intensities) and, in a file whose
# voxels are in radiological order (qfac -1, as dcm2niix writes axial scans), the order of the slices, which VTK reverses to
# get a right-handed grid. A scan in radiological order and its mask in neurological order, which cover each other in space,
# come out with slices that run in opposite directions, and a threshold in units of the scan selects something else.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile pyvista==0.49.1 nibabel==5.4.2 numpy==2.3.5
cd "$folder"
venv/bin/python - <<'PYTHON'
import nibabel, numpy as np, pyvista, vtk
print("PyVista", pyvista.__version__, "VTK", vtk.vtkVersion.GetVTKVersion(), "nibabel", nibabel.__version__)
las = np.diag([-1.0, 1, 2, 1])
las[:3, 3] = [90, -120, -60]
values = np.zeros((6, 7, 8))
values[:, :, 6] = 30.0  # a bright slice near the top of the head
scan = nibabel.Nifti1Image(values, las)
scan.set_data_dtype(np.int16)
nibabel.save(scan, "scan.nii")  # as integers and a slope
mask = nibabel.as_closest_canonical(nibabel.Nifti1Image((values > 15).astype(np.uint8), las))
nibabel.save(mask, "mask.nii")
seen = {}
for name in ["scan.nii", "mask.nii"]:
    grid = pyvista.read(name)
    array = grid.point_data.active_scalars.reshape(grid.dimensions, order="F")
    height = int(np.argmax(array.max(axis=(0, 1))))
    file = nibabel.load(name)
    top = int(np.argmax(file.get_fdata().max(axis=(0, 1))))
    print(f"{name}: nibabel bright slice {top}, maximum {file.get_fdata().max():g}, first voxel at {file.affine[:3, 3]}")
    print(f"  PyVista bright slice {height}, maximum {array.max():g}, first voxel at {grid.origin}, "
          f"axes unturned: {(grid.direction_matrix == np.eye(3)).all()}")
    seen[name] = top, height, float(array.max()), tuple(grid.origin)
assert seen["scan.nii"][:2] == (6, 1) and seen["mask.nii"][:2] == (6, 6), "the behaviour has changed"
assert seen["scan.nii"][2] > 30000 and seen["scan.nii"][3] == seen["mask.nii"][3] == (0, 0, 0), "the behaviour has changed"
PYTHON
