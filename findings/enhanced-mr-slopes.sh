#!/bin/sh
# In an enhanced MR of DICOM, one file per series, the rescale slope stands in each frame's functional groups, and Philips may
# give frames different ones. dcm2niix, dicom2nifti and highdicom apply them. SimpleITK returns the stored integers, though it
# rescales classic MR; so does pydicom's apply_rescale, which looks for a slope at the top of the data set alone and, as it
# finds none, hands the array back unchanged. Slices with different slopes get brightness steps that the scanner did not
# measure.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile pydicom==3.0.2 highdicom==0.28.2 dcm2niix==1.0.20260724 SimpleITK==2.5.7 \
    nibabel==5.4.2 numpy==2.3.5
cd "$folder"
venv/bin/python - <<'PYTHON'
import pathlib, subprocess
import highdicom, nibabel, numpy as np, pydicom, SimpleITK as sitk
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels import apply_rescale
from pydicom.uid import EnhancedMRImageStorage, ExplicitVRLittleEndian, generate_uid


def dataset(**elements):
    made = Dataset()
    for name, value in elements.items():
        setattr(made, name, value)
    return made


slopes = [1.0, 1.0, 2.0, 2.0]
frames = [
    dataset(
        FrameContentSequence=[dataset(StackID="1", InStackPositionNumber=i + 1, DimensionIndexValues=[1, i + 1])],
        PlanePositionSequence=[dataset(ImagePositionPatient=[0, 0, 3 * i])],
        PixelValueTransformationSequence=[dataset(RescaleIntercept=0, RescaleSlope=slope, RescaleType="US")],
    )
    for i, slope in enumerate(slopes)
]
shared = dataset(
    PlaneOrientationSequence=[dataset(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
    PixelMeasuresSequence=[dataset(PixelSpacing=[1, 1], SliceThickness=3, SpacingBetweenSlices=3)],
)
scan = dataset(
    SOPClassUID=EnhancedMRImageStorage, SOPInstanceUID=generate_uid(), StudyInstanceUID=generate_uid(), Modality="MR",
    SeriesInstanceUID=generate_uid(), FrameOfReferenceUID=generate_uid(), PatientID="synthetic", PatientName="synthetic",
    StudyID="1", StudyDate="20200101", StudyTime="120000", ContentDate="20200101", ContentTime="120000", InstanceNumber=1,
    Manufacturer="Philips", SeriesNumber=1, ImageType=["ORIGINAL", "PRIMARY", "VOLUME", "NONE"], NumberOfFrames=4, Rows=8,
    Columns=8, SamplesPerPixel=1, PhotometricInterpretation="MONOCHROME2", BitsAllocated=16, BitsStored=12, HighBit=11,
    PixelRepresentation=0, SharedFunctionalGroupsSequence=[shared], PerFrameFunctionalGroupsSequence=frames,
)
scan.PixelData = np.full((4, 8, 8), 100, np.uint16).tobytes()
scan.file_meta = FileMetaDataset()
scan.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
pathlib.Path("dicom").mkdir()
scan.save_as("dicom/scan.dcm", enforce_file_format=True)

subprocess.run(["venv/bin/dcm2niix", "-f", "converted", "-o", ".", "dicom"], check=True, stdout=subprocess.DEVNULL)
read = pydicom.dcmread("dicom/scan.dcm")
values = {
    f"dcm2niix {subprocess.run(['venv/bin/dcm2niix', '--version'], capture_output=True, text=True).stdout.split()[-1]}":
        nibabel.load("converted.nii").get_fdata()[0, 0],
    f"highdicom {highdicom.__version__}": highdicom.imread("dicom/scan.dcm").get_frames()[:, 0, 0],
    f"SimpleITK {sitk.Version.VersionString()}": sitk.GetArrayFromImage(sitk.ReadImage("dicom/scan.dcm"))[:, 0, 0],
    f"pydicom {pydicom.__version__}": apply_rescale(read.pixel_array, read)[:, 0, 0],
}
print("stored 100 in each frame, slopes", slopes)
for name, found in values.items():
    print(f"{name}: {found.astype(float)}")
converted, frames_read, *unscaled = values.values()
assert (converted == [100, 100, 200, 200]).all() and (frames_read == converted).all(), "the behaviour has changed"
assert all((found == 100).all() for found in unscaled), "the behaviour has changed"
PYTHON
