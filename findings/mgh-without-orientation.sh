#!/bin/sh
# An .mgh or .mgz file may leave out its orientation (goodRASFlag 0). FreeSurfer then takes coronal slices: the axes lead to the
# left, down and to the front (LIA), as surfa, FreeSurfer's own Python package, reads them. nibabel fills in cosines of its own
# that lead to the left, up and to the back (LSP): the same head is turned by half a turn about the left-right axis, top to
# bottom and front to back, and no message says that the orientation was a guess.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet nibabel==5.4.2 surfa==0.6.3 numpy==1.26.4
cd "$folder"
venv/bin/python -W ignore - <<'PYTHON'
import struct
from importlib.metadata import version
import nibabel, numpy as np, surfa
print("nibabel", version("nibabel"), "surfa", version("surfa"))
# Version, sides, one frame, unsigned bytes, no degrees of freedom, no orientation; zeros up to byte 284, then the voxels.
header = struct.pack(">7ih", 1, 4, 5, 6, 1, 0, 0, 0)
open("a.mgh", "wb").write(header.ljust(284, b"\0") + np.arange(120, dtype=np.uint8).tobytes())
ours = nibabel.load("a.mgh")
letters = "".join(nibabel.aff2axcodes(ours.affine))
geometry = surfa.load_volume("a.mgh").geom
print(f"nibabel: {letters}; surfa: {geometry.orientation}")
turn = ours.affine[:3, :3] @ np.linalg.inv(geometry.vox2world.matrix[:3, :3])
print("from the one to the other:\n", turn)
half = np.diag([1, -1, -1])
assert (letters, geometry.orientation) == ("LSP", "LIA") and np.allclose(turn, half), "the behaviour has changed"
PYTHON
