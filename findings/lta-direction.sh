#!/bin/sh
# Which way does an LTA file of FreeSurfer lead? Its matrix leads from the source to the destination. nitransforms describes the
# reference image as the source and the moving one as the destination, but writes the matrix from the moving image to the
# reference: who goes by the description gets the inverse.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet nitransforms==25.1.0 nibabel==5.4.2 numpy==2.3.5
cd "$folder"
venv/bin/python - <<'PYTHON'
from importlib.metadata import version
import nibabel, nitransforms, numpy as np
print("nitransforms", version("nitransforms"))
image = lambda shape: nibabel.Nifti1Image(np.zeros(shape, np.uint8), np.eye(4))
reference, moving = image((10, 11, 12)), image((20, 21, 22))
to_moving = np.eye(4)
to_moving[0, 3] = 7  # a point of the reference lies 7 mm further right in the moving image
nitransforms.linear.Affine(to_moving, reference=reference).to_filename("a.lta", moving=moving, fmt="fs")
text = open("a.lta").read()
print(text)
shift = float(text.split("1 4 4\n")[1].split()[3])
source = text.split("src volume info")[1].split("volume = ")[1].split("\n")[0]
print(f"source: {source} voxels, the reference's; shift from source to destination: {shift:g} mm, not 7")
assert source.split() == ["10", "11", "12"] and shift == -7, "the behaviour has changed"
PYTHON
