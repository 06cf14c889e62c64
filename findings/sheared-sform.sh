#!/bin/sh
# A file that has only an sform, with a small shear as numbers of few decimals make it: SimpleITK reads it at 1e-4 and refuses
# it at 3e-4; with a rigid qform beside it, it takes that instead, without a word. nibabel takes the sform always.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet nibabel==5.4.2 SimpleITK==2.5.7 numpy==2.3.5
cd "$folder"
venv/bin/python - <<'PYTHON'
import nibabel, numpy as np, SimpleITK as sitk
print("nibabel", nibabel.__version__, "SimpleITK", sitk.Version.VersionString())
seen = []
for shear, qform_code in [(1e-4, 0), (3e-4, 0), (3e-4, 1)]:
    affine = np.eye(4)
    affine[0, 1] = shear
    image = nibabel.Nifti1Image(np.ones((4, 5, 6), np.uint8), affine)
    image.set_sform(affine, 1), image.set_qform(np.eye(4), qform_code)
    nibabel.save(image, "a.nii")
    assert np.allclose(nibabel.load("a.nii").affine, affine), "nibabel has changed"
    try:
        direction = np.reshape(sitk.ReadImage("a.nii").GetDirection(), (3, 3))
        answer = "read, without the shear" if abs(direction[0, 1]) < 1e-9 else "read"
    except RuntimeError as error:
        answer = "refused: " + str(error).strip().splitlines()[-1]
    seen.append(answer.split(":")[0])
    print(f"shear {shear:g}, qform code {qform_code}: SimpleITK: {answer}")
assert seen[1:] == ["refused", "read, without the shear"] and seen[0].startswith("read"), "the behaviour has changed"
PYTHON
