#!/bin/sh
# nilearn.image.concat_imgs puts scans of one head, or channels for a model, into one 4D image. It has a dtype, "the dtype of the
# returned image", float32 unless one says otherwise. The array in memory has it; the header stays that of the first image. If
# that one has 8 bits, as most masks do, saving the result squeezes all volumes into 256 levels between the
# smallest and the largest value of any: a mask of 0 and 1 beside a T2 of up to 1500 reads back as 0 everywhere, and the T2 is
# off by up to 3. With the T2 first both survive. No warning is shown.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile nilearn==0.14.1 nibabel==5.4.2 numpy==2.3.5 scipy==1.16.3
cd "$folder"
venv/bin/python - 2>messages <<'PYTHON' || { cat messages; exit 1; }
import nibabel, nilearn, numpy as np
from nilearn.image import concat_imgs
print("nilearn", nilearn.__version__, "nibabel", nibabel.__version__)
scan = np.random.default_rng(0).integers(1, 1501, (20, 20, 20)).astype(np.int16)
mask = np.zeros(scan.shape, np.uint8)
mask[5:15, 5:15, 5:15] = 1
images = {name: nibabel.Nifti1Image(values, np.eye(4)) for name, values in [("mask", mask), ("T2", scan)]}
for name, image in images.items():
    nibabel.save(image, f"{name}.nii")
seen = {}
for order in [["mask", "T2"], ["T2", "mask"]]:
    both = concat_imgs([f"{name}.nii" for name in order], dtype=np.float32)
    nibabel.save(both, "both.nii")
    read = nibabel.load("both.nii")
    kept = {name: (np.asarray(both.dataobj)[..., n], np.asarray(read.dataobj)[..., n]) for n, name in enumerate(order)}
    assert both.dataobj.dtype == np.float32 and (kept["mask"][0] == mask).all() and (kept["T2"][0] == scan).all()
    off, marked = float(abs(kept["T2"][1] - scan).max()), int((kept["mask"][1] > 0.5).sum())
    seen[order[0]] = str(read.get_data_dtype()), marked, off
    print(f"{order[0]} first: {both.dataobj.dtype} in memory, saved as {read.get_data_dtype()}, slope {read.dataobj.slope:.3f}; "
          f"{marked} of {mask.sum()} voxels of the mask above 0.5, T2 off by up to {off:.2f}")
assert seen["mask"][:2] == ("uint8", 0) and 2 < seen["mask"][2] < 3, "the behaviour has changed"
assert seen["T2"][:2] == ("int16", 1000) and seen["T2"][2] < 0.03, "the behaviour has changed"
said = open("messages").read().lower()
assert "dtype" not in said and "float32" not in said, "there is a message now"
PYTHON
