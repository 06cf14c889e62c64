#!/bin/sh
# ants.dicom_read reads a folder of DICOM slices into one image. It stacks them in the order in which the file system happens
# to list the folder, and looks neither at their positions nor at their numbers; the first that is listed also gives the
# origin. Its documentation says the latter, and not that the order is the list's. Scanners and archives name files by unique
# identifiers: the brain comes out as shuffled slices, in another order on another machine. SimpleITK sorts by position.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile antspyx==0.6.3 pydicom==3.0.2 SimpleITK==2.5.7 numpy==2.3.5 scipy==1.15.3
cd "$folder"
venv/bin/python - <<'PYTHON'
import os, ants, numpy as np, pydicom, SimpleITK as sitk
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid
print("ANTsPy", ants.__version__, "SimpleITK", sitk.Version.VersionString(), "pydicom", pydicom.__version__)
study, series, frame = (generate_uid(entropy_srcs=[name]) for name in ["study", "series", "frame"])
os.mkdir("scan")
height_of = {}
for number in np.random.default_rng(0).permutation(16):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = MRImageStorage, ExplicitVRLittleEndian
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["slice", str(number)])
    slice_ = FileDataset(None, {}, file_meta=meta, preamble=bytes(128))
    slice_.SOPClassUID, slice_.SOPInstanceUID = MRImageStorage, meta.MediaStorageSOPInstanceUID
    slice_.StudyInstanceUID, slice_.SeriesInstanceUID, slice_.FrameOfReferenceUID = study, series, frame
    slice_.Modality, slice_.PatientName, slice_.PatientID = "MR", "A", "1"
    slice_.SeriesNumber, slice_.InstanceNumber = 1, int(number) + 1
    slice_.ImagePositionPatient, slice_.ImageOrientationPatient = [0, 0, 2 * int(number)], [1, 0, 0, 0, 1, 0]
    slice_.PixelSpacing, slice_.SliceThickness, slice_.SpacingBetweenSlices = [1, 1], 2, 2
    slice_.Rows = slice_.Columns = 8
    slice_.SamplesPerPixel, slice_.PhotometricInterpretation, slice_.PixelRepresentation = 1, "MONOCHROME2", 0
    slice_.BitsAllocated, slice_.BitsStored, slice_.HighBit = 16, 16, 15
    slice_.PixelData = np.full((8, 8), 2 * number, np.uint16).tobytes()  # each slice holds its own height in mm
    name = slice_.SOPInstanceUID + ".dcm"
    slice_.save_as(os.path.join("scan", name), enforce_file_format=True)
    height_of[name] = 2 * int(number)
by_ants = ants.dicom_read("scan")
heights = by_ants.numpy()[4, 4].astype(int).tolist()
listed = [height_of[name] for name in os.listdir("scan")]
by_sitk = sitk.ReadImage(sitk.ImageSeriesReader.GetGDCMSeriesFileNames("scan"))
print("heights of the slices in mm, by ANTsPy:   ", heights, "first slice placed at", by_ants.origin[2])
print("heights of the slices in mm, as listed:   ", listed)
print("heights of the slices in mm, by SimpleITK:", sitk.GetArrayFromImage(by_sitk)[:, 4, 4].tolist())
print("voxels by ANTsPy:", by_ants.spacing)
assert heights == listed and heights not in (sorted(heights), sorted(heights)[::-1]), "the behaviour has changed"
assert by_ants.origin[2] == listed[0], "the behaviour has changed"
assert sitk.GetArrayFromImage(by_sitk)[:, 4, 4].tolist() == sorted(heights), "the behaviour has changed"
PYTHON
