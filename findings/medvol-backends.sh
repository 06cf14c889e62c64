#!/bin/sh
# MedVol promises one view of a file whatever reads it: "canonical RAS+ orientation by default". With nibabel, its default for
# NIfTI, that holds. With backend="simpleitk" a scan in radiological order (LAS, the usual one) comes out turned upside down
# instead of left to right, as LAI: the array that a model gets depends on the backend, though spacing and shape agree. The
# affine goes with the array, so a result saved by MedVol lies in the right place and the round trip shows nothing.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile MedVol==0.0.22 nibabel==5.4.2 SimpleITK==2.5.7 pynrrd==1.1.3 numpy==2.3.5
cd "$folder"
venv/bin/python - <<'PYTHON'
from importlib.metadata import version
import nibabel, numpy as np
from medvol import MedVol
print("MedVol", version("MedVol"))
values = np.arange(3 * 4 * 5, dtype=np.int16).reshape(3, 4, 5)
seen = {}
for order, affine in {"RAS": np.diag([1, 1, 2, 1]), "LAS": np.diag([-1, 1, 2, 1])}.items():
    scan = nibabel.Nifti1Image(values, affine)
    nibabel.save(scan, "scan.nii")
    wanted = nibabel.as_closest_canonical(scan).get_fdata()
    for backend in ["nibabel", "simpleitk"]:
        volume = MedVol("scan.nii", backend=backend)
        canonical = bool((volume.array == wanted).all())
        print(f"{order} scan by {backend}: {volume.coordinate_system}, array in RAS order: {canonical}")
        seen[order, backend] = canonical
        if backend == "simpleitk" and order == "LAS":
            assert (volume.array == values[:, :, ::-1]).all(), "the behaviour has changed"
assert [key for key, canonical in seen.items() if not canonical] == [("LAS", "simpleitk")], "the behaviour has changed"
PYTHON
