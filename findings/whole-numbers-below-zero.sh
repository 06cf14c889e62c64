#!/bin/sh
# c3d, the converter of ITK-SNAP, computes in floating point; to get a CT, a difference or a z-map back as int16 one says
# "-type short". Whole numbers should come back as they were. c3d rounds by adding a half and cutting towards 0, which is right
# above 0 and moves each whole number below 0 up by one: -1000 becomes -999 and -1 becomes 0, on each pass again. "-noround",
# which sounds like the careless choice, is the one that keeps them; the help calls the two "floating point rounding behavior".
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile picsl-c3d==1.4.6.0 nibabel==5.4.2 numpy==2.3.5
cd "$folder"
venv/bin/python - <<'PYTHON'
from importlib.metadata import version
import nibabel, numpy as np
from picsl_c3d import Convert3D
print("picsl-c3d", version("picsl-c3d"), "nibabel", nibabel.__version__)
values = np.array([-1000, -500, -2, -1, 0, 1, 2, 500], np.int16)
nibabel.save(nibabel.Nifti1Image(np.tile(values[:, None, None], (1, 4, 4)), np.eye(4)), "scan.nii")


def passed(source, options, result):
    Convert3D().execute(f"{source} {options} -type short -o {result}")
    image = nibabel.load(result)
    assert image.get_data_dtype() == np.int16, "the behaviour has changed"
    return np.asanyarray(image.dataobj)[:, 1, 1]


once, twice = passed("scan.nii", "", "once.nii"), passed("once.nii", "", "twice.nii")
kept = passed("scan.nii", "-noround", "kept.nii")
for name, row in {"the scan": values, "one pass": once, "two passes": twice, "one pass, -noround": kept}.items():
    print(f"{name}: {row}")
assert (once == np.where(values < 0, values + 1, values)).all(), "the behaviour has changed"
assert (twice == np.where(once < 0, once + 1, once)).all() and (kept == values).all(), "the behaviour has changed"
PYTHON
