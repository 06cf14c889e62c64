#!/bin/sh
# Analyze 7.5, the pair of .hdr and .img in which old data sets are kept, has no affine. nibabel supplies one: x to the left, y
# to the front and the origin in the middle, as SPM does. ITK, and with it SimpleITK, supplies another: x to the left, y to the
# back, and the origin in the first voxel. The head is mirrored between the two: the face is where the back of the head was,
# and as x and z go the same way in both, no rotation makes up for it. SimpleITK's warning says "deprecated", and nothing of a
# guess. Who converts one half of a data set with each tool mirrors one half of it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile nibabel==5.4.2 SimpleITK==2.5.7 numpy==2.3.5
cd "$folder"
venv/bin/python - 2>messages <<'PYTHON'
import nibabel, numpy as np, SimpleITK as sitk
print("nibabel", nibabel.__version__, "SimpleITK", sitk.Version.VersionString())
values = np.arange(10 * 12 * 8, dtype=np.int16).reshape(10, 12, 8)
scan = nibabel.AnalyzeImage(values, None)
scan.header.set_zooms((2, 2, 3))
nibabel.save(scan, "scan.img")
read = sitk.ReadImage("scan.img")
sitk.WriteImage(read, "by_simpleitk.nii")
by_simpleitk, by_nibabel = nibabel.load("by_simpleitk.nii"), nibabel.load("scan.img")
nibabel.save(nibabel.Nifti1Image(np.asarray(by_nibabel.dataobj), by_nibabel.affine), "by_nibabel.nii")
codes = {}
for name, image in {"nibabel": nibabel.load("by_nibabel.nii"), "SimpleITK": by_simpleitk}.items():
    assert (np.asarray(image.dataobj) == values).all()
    codes[name] = "".join(nibabel.aff2axcodes(image.affine)), tuple(image.affine[:3, 3].tolist())
    print(f"converted by {name}: axes {codes[name][0]}, first voxel at {codes[name][1]} mm (R A S)")
handed = [bool(np.linalg.det(image.affine) < 0) for image in (by_nibabel, by_simpleitk)]
print("mirror images of each other:", handed[0] != handed[1])
assert codes == {"nibabel": ("LAS", (9, -11, -10.5)), "SimpleITK": ("LPS", (0, 0, 0))}, "the behaviour has changed"
assert handed[0] != handed[1], "the behaviour has changed"
PYTHON
cat messages
