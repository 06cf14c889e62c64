#!/bin/sh
# A displacement field in NIfTI, intent 1006, has its vectors in R A S. SimpleITK turns x and y to its own L P S as it reads
# one. It ought to turn them back as it writes; for the field as read it refuses to write at all. Crop, smooth or resample the
# field first, and the filter drops the metadata with the intent: then it writes happily, intent 1007, "vector", and turns
# nothing. All vectors to the right now point to the left, those to the front to the back, in the same place and just as long.
# SimpleITK does not turn 1007 on reading either, so its own warps come out right; whoever goes by the file gets the mirror.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile nibabel==5.4.2 SimpleITK==2.5.7 numpy==2.3.5
cd "$folder"
venv/bin/python - <<'PYTHON'
import nibabel, numpy as np, SimpleITK as sitk
print("SimpleITK", sitk.Version.VersionString(), "ITK", sitk.Version.ITKVersionString(), "nibabel", nibabel.__version__)
vectors = np.broadcast_to(np.array([1, 2, 3], np.float32), (6, 7, 8, 1, 3))  # mm to the right, the front and the top
field = nibabel.Nifti1Image(vectors, np.diag([2, 2, 2, 1]))
field.header.set_intent("displacement vector")
field.set_qform(field.affine, 1), field.set_sform(field.affine, 1)
nibabel.save(field, "field.nii")
read = sitk.ReadImage("field.nii")
print("vectors in field.nii: (1, 2, 3), intent 1006; read by SimpleITK:", read[0, 0, 0])
seen = {}
for name, image in {
    "as it was": read,
    "cropped": read[1:5, 1:6, 1:7],
    "smoothed": sitk.SmoothingRecursiveGaussian(read, 2.0),
    "resampled": sitk.Resample(read, read),
}.items():
    try:
        sitk.WriteImage(image, "written.nii")
    except RuntimeError as error:
        seen[name] = "refused"
        print(f"written by SimpleITK, {name}: refused,", str(error).split("): ")[-1].strip())
        continue
    written = nibabel.load("written.nii")
    vector = np.asarray(written.dataobj)[2, 2, 2, 0].round(3)
    seen[name] = int(written.header["intent_code"]), vector.tolist()
    print(f"written by SimpleITK, {name}: intent {seen[name][0]}, vectors {seen[name][1]}")
    assert np.allclose(written.affine[:3, :3], field.affine[:3, :3])
    assert np.allclose(sitk.ReadImage("written.nii")[2, 2, 2], [-1, -2, 3])
assert read[0, 0, 0] == (-1, -2, 3) and seen["as it was"] == "refused", "the behaviour has changed"
assert all(seen[name] == (1007, [-1, -2, 3]) for name in seen if name != "as it was"), "the behaviour has changed"
PYTHON
