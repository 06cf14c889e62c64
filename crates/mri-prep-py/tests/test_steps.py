"""Each step gives the bits of the program, and agrees with other libraries."""

import json

import nibabel
import numpy
import pytest
import SimpleITK

import mri_prep


def stored(path):
    return numpy.asarray(nibabel.load(path).dataobj)


@pytest.mark.parametrize("skull", ["guess", "remove"])
def test_strip(program, brain, tmp_path, skull):
    program("strip", brain, "--skull", skull, "--rim", "1", "--mask", tmp_path / "m.nii", "--brain", tmp_path / "b.nii")
    found = mri_prep.strip(nibabel.load(brain), skull=skull, rim=1)
    mask = numpy.asarray(found.mask.dataobj)
    numpy.testing.assert_array_equal(mask, stored(tmp_path / "m.nii"))
    numpy.testing.assert_array_equal(numpy.asarray(found.brain().dataobj), stored(tmp_path / "b.nii"))
    assert found.millilitres == pytest.approx(mask.sum() * 0.008)
    assert any("stripped already" in warning for warning in found.warnings) == (skull == "guess")


@pytest.mark.parametrize("dof", [6, 12])
def test_register_and_resample(program, brain, mask, moved, tmp_path, dof):
    program("register", brain, moved, "--dof", dof, "--matrix", tmp_path / "m.txt", "--itk", tmp_path / "m.tfm",
            "--fixed-mask", mask, "--resampled", tmp_path / "r.nii")
    found = mri_prep.register(nibabel.load(brain), mri_prep.read(moved), dof=dof, fixed_mask=nibabel.load(mask))
    numpy.testing.assert_array_equal(found.transform.matrix, numpy.loadtxt(tmp_path / "m.txt"))
    assert found.warnings == [] and found.metric > 0.5
    result = mri_prep.resample(moved, like=brain, transform=found.transform)
    numpy.testing.assert_array_equal(result.data, stored(tmp_path / "r.nii"))

    # SimpleITK goes the same way, from its file and from our points (its world is LPS).
    fixed, moving = SimpleITK.ReadImage(str(brain)), SimpleITK.ReadImage(str(moved), SimpleITK.sitkFloat32)
    itk = SimpleITK.ReadTransform(str(tmp_path / "m.tfm"))
    points = numpy.array([[10.0, -20, 30], [-40, 5, 0]])
    lps = numpy.array([-1, -1, 1])
    expected = [numpy.array(itk.TransformPoint(tuple(point * lps))) * lps for point in points]
    numpy.testing.assert_allclose(found.transform.apply(points), expected, atol=1e-9)
    theirs = SimpleITK.GetArrayFromImage(SimpleITK.Resample(moving, fixed, itk, SimpleITK.sitkLinear)).T
    inside = numpy.s_[8:-8, 8:-8, 8:-8]
    numpy.testing.assert_allclose(result.data[inside], theirs[inside], atol=0.05)


def test_resampling_keeps_kinds_of_voxels(brain, mask):
    scan, inside = mri_prep.read(brain), mri_prep.read(mask)
    truth = mri_prep.Volume(inside.data > 0, inside.affine)
    assert mri_prep.resample(truth, spacing=(3, 3, 3)).data.dtype == bool
    labels = mri_prep.Volume((inside.data * 7).astype(numpy.int16), inside.affine)
    result = mri_prep.resample(labels, spacing=(3, 3, 3), labels=True)
    assert result.data.dtype == numpy.int16 and set(numpy.unique(result.data)) == {0, 7}
    grid = mri_prep.Grid((10, 11, 12), numpy.diag([4.0, 4, 4, 1]))
    result = mri_prep.resample(scan, like=grid, interpolation="lanczos", fill=-1)
    assert result.shape == (10, 11, 12) and result.data.dtype == numpy.float32
    with pytest.raises(mri_prep.InvalidError, match="one of them"):
        mri_prep.resample(scan)
    with pytest.raises(ValueError, match="nearest, linear, cubic, lanczos"):
        mri_prep.resample(scan, like=grid, interpolation="spline")


def test_canonical_is_nibabels(moved):
    expected = nibabel.as_closest_canonical(nibabel.load(moved))
    result = mri_prep.canonical(nibabel.load(moved))
    numpy.testing.assert_array_equal(result.get_fdata(), expected.get_fdata())
    numpy.testing.assert_allclose(result.affine, expected.affine)
    assert mri_prep.canonical(moved).orientation == "RAS"


def test_bias(program, brain, mask, tmp_path):
    program("bias", brain, tmp_path / "b.nii", "--mask", mask, "--field", tmp_path / "f.nii")
    found = mri_prep.bias(nibabel.load(brain), mask=mask)
    numpy.testing.assert_array_equal(found.image.dataobj, stored(tmp_path / "b.nii"))
    numpy.testing.assert_array_equal(found.field.dataobj, stored(tmp_path / "f.nii"))


def test_normalize(program, brain, mask, tmp_path):
    given = numpy.array(mri_prep.read(brain).data)
    for method in ["min-max", "percentile", "z-score"]:
        program("normalize", brain, tmp_path / "n.nii", "--mask", mask, "--method", method)
        scan = mri_prep.Volume(given, mri_prep.read(brain).affine)
        result = mri_prep.normalize(scan, mask, method=method)
        numpy.testing.assert_array_equal(result.data, stored(tmp_path / "n.nii"))
    numpy.testing.assert_array_equal(given, mri_prep.read(brain).data, "the array that was handed in is not written into")
    with pytest.raises(ValueError, match="z-score"):
        mri_prep.normalize(brain, mask, method="zscore")


def test_standard_scale(program, brain, mask, moved, moved_mask, tmp_path):
    program("scale", brain, moved, "--masks", mask, moved_mask, "--output", tmp_path / "s.json")
    scales = [mri_prep.StandardScale.of(brain, mask), mri_prep.StandardScale.of(moved, moved_mask)]
    scale = mri_prep.StandardScale.learn(scales)
    assert scale.landmarks == mri_prep.StandardScale.read(tmp_path / "s.json").landmarks
    scale.write(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "s.json").read_bytes()
    program("normalize", brain, tmp_path / "n.nii", "--mask", mask, "--method", "nyul", "--scale", tmp_path / "s.json")
    numpy.testing.assert_array_equal(mri_prep.normalize(brain, mask, method=scale).data, stored(tmp_path / "n.nii"))
    (tmp_path / "bad.json").write_text("{}")
    with pytest.raises(mri_prep.ScaleError, match="bad.json"):
        mri_prep.StandardScale.read(tmp_path / "bad.json")


def test_template(program, brain, mask, moved, moved_mask, tmp_path):
    program("template", brain, moved, "--masks", mask, moved_mask, "--spacing", 4, "--iterations", 1,
            "--output", tmp_path / "t.nii", "--output-mask", tmp_path / "m.nii", "--transforms", tmp_path)
    scans, masks = [nibabel.load(brain), mri_prep.read(moved)], [mask, mri_prep.read(moved_mask)]
    found = mri_prep.template(scans, masks, spacing=4, iterations=1)
    numpy.testing.assert_array_equal(numpy.asarray(found.image.dataobj), stored(tmp_path / "t.nii"))
    numpy.testing.assert_array_equal(numpy.asarray(found.mask.dataobj), stored(tmp_path / "m.nii"))
    numpy.testing.assert_array_equal(found.transforms[1].matrix, numpy.loadtxt(tmp_path / "2.txt"))
    with pytest.raises(mri_prep.InvalidError, match="at least one"):
        mri_prep.template([])


def test_preprocess_and_reference(program, moved, moved_mask, tmp_path):
    (tmp_path / "out").mkdir()
    program("run", moved, tmp_path / "out")
    found = mri_prep.preprocess(moved)
    written = {path.name: path for path in (tmp_path / "out").iterdir()}
    brain = next(path for name, path in written.items() if name.startswith("brain") and "mask" not in name)
    numpy.testing.assert_array_equal(found.image.data, stored(brain))
    numpy.testing.assert_array_equal(found.transform.matrix, numpy.loadtxt(written["transform.txt"]))
    summary = json.loads(written["summary.json"].read_text())
    assert (found.strip_quality, found.metric) == (summary["strip_quality"], summary["metric"])
    assert found.image.shape == (240, 240, 155) and found.native_mask.shape == mri_prep.read(moved).shape
    reference, inside = mri_prep.reference()
    small = mri_prep.preprocess(moved, moved_mask, reference=reference, reference_mask=inside, register=False)
    assert small.metric is None and small.image.shape == reference.shape


def test_check(program, brain, moved, tmp_path):
    report = mri_prep.check([brain, moved, tmp_path / "none.nii"])
    assert report[2]["findings"][0]["severity"] == "error"
    assert report[:2] == json.loads(program("check", brain, moved, "--json"))


def test_transforms_of_all_formats(program, brain, moved, tmp_path):
    angle = numpy.deg2rad(20)
    matrix = numpy.eye(4)
    matrix[:2, :2] = [[numpy.cos(angle), -numpy.sin(angle)], [numpy.sin(angle), numpy.cos(angle)]]
    matrix[:3, 3] = [1.5, -2, 3.25]
    transform = mri_prep.Transform(matrix)
    assert transform.angle_degrees == pytest.approx(20)
    ends = {"fixed": brain, "moving": nibabel.load(moved)}
    for ending in ["txt", "tfm", "mat", "lta"]:
        path = tmp_path / f"a.{ending}"
        mri_prep.write_transform(path, matrix, **ends)
        again = mri_prep.read_transform(path, **ends)
        numpy.testing.assert_allclose(again.matrix, matrix, atol=1e-6)
        program("transform", path, "--fixed", brain, "--moving", moved, "--convert", tmp_path / "b.txt")
        numpy.testing.assert_array_equal(numpy.loadtxt(tmp_path / "b.txt"), again.matrix)
    numpy.testing.assert_allclose((transform @ transform.inverse()).matrix, numpy.eye(4), atol=1e-12)
    numpy.testing.assert_allclose((transform @ matrix).matrix, matrix @ matrix, atol=1e-12)
    with pytest.raises(mri_prep.TransformError, match="two images"):
        mri_prep.read_transform(tmp_path / "a.mat")
    with pytest.raises(mri_prep.InvalidError, match="both images"):
        mri_prep.read_transform(tmp_path / "a.mat", fixed=brain)
