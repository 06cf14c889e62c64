"""Kinds of images: what goes in comes back, and the values are the same whichever way they came."""

import nibabel
import numpy
import pytest

import mri_prep

AFFINE = numpy.array([[-2.0, 0, 0, 10], [0, 0, 3, -20], [0, 1.5, 0, 5], [0, 0, 0, 1]])


class Tensor:
    """An array of another library: all that is known of it is DLPack."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **kwargs):
        return self.array.__dlpack__(**kwargs)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


def numbers(shape=(6, 5, 4)):
    return numpy.random.default_rng(1).normal(100, 30, shape)


def same(image):
    """The values that the library reads out of an image."""
    return mri_prep.resample(image, spacing=(2, 1.5, 3), interpolation="nearest")


def test_a_volume_keeps_the_array_itself():
    array = numpy.zeros((2, 3, 4), numpy.float32)
    volume = mri_prep.Volume(array, AFFINE)
    assert volume.data is array
    assert numpy.shares_memory(numpy.asarray(volume), array)
    assert numpy.shares_memory(numpy.from_dlpack(volume), array)
    assert numpy.shares_memory(mri_prep.Volume(Tensor(array), AFFINE).data, array)
    numpy.testing.assert_array_equal(volume.affine, AFFINE)
    assert (volume.shape, volume.spacing, volume.orientation) == ((2, 3, 4), (2, 1.5, 3), "LSA")


@pytest.mark.parametrize("dtype", ["u1", "i1", "<i2", ">i2", "u2", "i4", "u4", "<i8", "u8", "f2", "f4", ">f4", "f8", "g", "?"])
def test_every_type_and_order_of_voxels_is_read(dtype):
    array = (numbers() if dtype != "?" else numbers() > 100).astype(dtype)
    expected = array.astype(numpy.float32)
    unaligned = numpy.frombuffer(b"x" + array.tobytes(), array.dtype, offset=1).reshape(array.shape)
    for layout in [array, numpy.asfortranarray(array), array[::-1, :, ::-1][::-1, :, ::-1], unaligned]:
        got, affine = mri_prep.resample((layout, AFFINE), spacing=(2, 1.5, 3), interpolation="nearest")
        numpy.testing.assert_array_equal(got, expected)
        numpy.testing.assert_allclose(affine, AFFINE)


def test_each_kind_comes_back_as_it_went_in(tmp_path):
    array = numbers().astype(numpy.float32)
    image = nibabel.Nifti1Image(array, AFFINE)
    nibabel.save(image, tmp_path / "a.nii.gz")
    loaded = nibabel.load(tmp_path / "a.nii.gz")
    kinds = {
        "volume": (mri_prep.Volume(array, AFFINE), mri_prep.Volume, lambda result: result.data),
        "pair": ((array, AFFINE), tuple, lambda result: result[0]),
        "tensor": ((Tensor(array), AFFINE), tuple, lambda result: result[0]),
        "image": (image, nibabel.Nifti1Image, lambda result: result.get_fdata()),
        "loaded": (loaded, nibabel.Nifti1Image, lambda result: result.get_fdata()),
        "file": (tmp_path / "a.nii.gz", mri_prep.Volume, lambda result: result.data),
    }
    for name, (given, kind, values) in kinds.items():
        result = same(given)
        assert isinstance(result, kind), name
        numpy.testing.assert_array_equal(values(result), array, err_msg=name)


def test_a_nibabel_image_keeps_its_header(brain):
    image = nibabel.load(brain)
    image.header["descrip"] = b"kept"
    image.set_sform(image.affine, 4)
    found = mri_prep.strip(image)
    for result, dtype in [(found.mask, numpy.uint8), (found.brain(), numpy.float32)]:
        assert (result.get_data_dtype(), result.header["descrip"]) == (dtype, b"kept")
        assert result.get_sform(coded=True)[1] == 4
        numpy.testing.assert_array_equal(result.affine, image.affine)
    assert set(numpy.unique(found.mask.dataobj)) == {0, 1}


def test_scaled_values_are_those_of_the_reader(brain):
    read = mri_prep.read(brain)
    image = nibabel.load(brain)
    in_memory = nibabel.Nifti1Image(numpy.asarray(image.dataobj), image.affine)
    for given in [image, in_memory]:
        result = mri_prep.resample(given, like=given, interpolation="nearest")
        numpy.testing.assert_array_equal(numpy.asarray(result.dataobj), read.data)
    numpy.testing.assert_array_equal(mri_prep.canonical(brain).data, read.data)


def test_an_image_that_was_moved_after_loading_stays_there(brain):
    image = nibabel.load(brain)
    affine = image.affine.copy()
    affine[:3, 3] += 7
    moved = nibabel.Nifti1Image(image.dataobj, affine)
    result = mri_prep.canonical(moved)
    numpy.testing.assert_allclose(result.affine[:3, 3] - mri_prep.canonical(image).affine[:3, 3], 7)


def test_files_go_round(tmp_path):
    for dtype in ["uint8", "int16", "int64", "float32", "float64", "bool"]:
        array = (numbers() > 100) if dtype == "bool" else numbers().astype(dtype)
        mri_prep.write(tmp_path / "a.nii.gz", (array, AFFINE))
        loaded = nibabel.load(tmp_path / "a.nii.gz")
        assert loaded.get_data_dtype() == numpy.dtype("uint8" if dtype == "bool" else dtype)
        numpy.testing.assert_array_equal(numpy.asarray(loaded.dataobj), array)
        numpy.testing.assert_allclose(loaded.affine, AFFINE)
    labels = numpy.full((3, 3, 3), 2**40 + 1)
    mri_prep.write(tmp_path / "l.nii", (labels, AFFINE))
    numpy.testing.assert_array_equal(mri_prep.read(tmp_path / "l.nii", labels=True).data, labels)


def test_a_series_is_read_one_volume_at_a_time(tmp_path):
    series = numbers((4, 3, 2, 5)).astype(numpy.float32)
    nibabel.save(nibabel.Nifti1Image(series, AFFINE), tmp_path / "s.nii.gz")
    numpy.testing.assert_array_equal(mri_prep.read(tmp_path / "s.nii.gz", volume=3).data, series[..., 3])
    with pytest.raises(mri_prep.NiftiError, match="volumes"):
        mri_prep.read(tmp_path / "s.nii.gz")
    with pytest.raises(mri_prep.InvalidError, match="of a series take one volume"):
        mri_prep.strip(nibabel.load(tmp_path / "s.nii.gz"))


def test_what_is_no_image_is_refused_by_name(tmp_path):
    with pytest.raises(TypeError, match="an image is a mri_prep.Volume"):
        mri_prep.strip(3)
    with pytest.raises(TypeError, match="real numbers"):
        mri_prep.strip((numpy.zeros((3, 3, 3), complex), AFFINE))
    with pytest.raises(mri_prep.InvalidError, match="4 rows"):
        mri_prep.strip((numpy.zeros((3, 3, 3)), numpy.eye(3)))
    with pytest.raises(mri_prep.InvalidError, match="singular"):
        mri_prep.strip((numpy.zeros((3, 3, 3)), numpy.diag([1, 1, 0, 1])))
    with pytest.raises(FileNotFoundError) as missing:
        mri_prep.strip(tmp_path / "nothing.nii")
    assert missing.value.filename == str(tmp_path / "nothing.nii")
    (tmp_path / "text.nii").write_text("no NIfTI" * 100)
    with pytest.raises(mri_prep.NiftiError, match="text.nii"):
        mri_prep.read(tmp_path / "text.nii")
    with pytest.raises(mri_prep.NiftiError, match="ends in .nii"):
        mri_prep.write(tmp_path / "a.png", (numpy.zeros((3, 3, 3)), AFFINE))
    assert issubclass(mri_prep.NiftiError, mri_prep.Error) and issubclass(mri_prep.Error, ValueError)
