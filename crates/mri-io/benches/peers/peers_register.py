"""Peers of rigid registration. Each writes the 4x4 matrix, fixed to moving, RAS+ mm."""

import functools
import json
import pathlib
import subprocess
import tempfile

import numpy

LPS = numpy.diag([-1.0, -1.0, 1.0, 1.0])


def writes_matrix(register):
    """Let an adapter return its matrix, and write it for it."""

    @functools.wraps(register)
    def adapter(fixed, moving, out):
        with tempfile.TemporaryDirectory() as folder:
            numpy.savetxt(out, register(fixed, moving, pathlib.Path(folder)), fmt="%.10f")

    return adapter


def itk_matrix(linear, translation, centre):
    """RAS+ matrix of an ITK transform, which maps fixed to moving points in LPS."""
    matrix = numpy.eye(4)
    matrix[:3, :3] = numpy.reshape(linear, (3, 3))
    matrix[:3, 3] = numpy.asarray(translation) + centre - matrix[:3, :3] @ centre
    return LPS @ matrix @ LPS


@writes_matrix
def simpleitk(fixed, moving, _folder):
    import SimpleITK as sitk

    fixed, moving = (sitk.ReadImage(path, sitk.sitkFloat32) for path in (fixed, moving))
    start = sitk.CenteredTransformInitializer(
        fixed, moving, sitk.Euler3DTransform(), sitk.CenteredTransformInitializerFilter.MOMENTS
    )
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(50)
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.SetMetricSamplingPercentagePerLevel([0.2, 0.1, 0.02], seed=1)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(1.0, 1e-4, 200, relaxationFactor=0.5)
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel([4, 2, 1])
    method.SetSmoothingSigmasPerLevel([2, 1, 0])
    method.SetInitialTransform(start)
    result = sitk.Euler3DTransform(method.Execute(fixed, moving))
    return itk_matrix(result.GetMatrix(), result.GetTranslation(), numpy.array(result.GetCenter()))


def ants(fixed, moving, kind):
    import ants as library

    fixed, moving = library.image_read(fixed), library.image_read(moving)
    result = library.registration(fixed, moving, type_of_transform=kind, random_seed=1)
    transform = library.read_transform(result["fwdtransforms"][0])
    parameters = numpy.asarray(transform.parameters)
    return itk_matrix(parameters[:9], parameters[9:], numpy.asarray(transform.fixed_parameters))


@writes_matrix
def ants_quick(fixed, moving, _folder):
    return ants(fixed, moving, "QuickRigid")


@writes_matrix
def ants_dense(fixed, moving, _folder):
    return ants(fixed, moving, "DenseRigid")


@writes_matrix
def elastix(fixed, moving, _folder):
    import itk

    fixed, moving = (itk.imread(path, itk.F) for path in (fixed, moving))
    parameters = itk.ParameterObject.New()
    parameters.AddParameterMap(parameters.GetDefaultParameterMap("rigid"))
    parameters.SetParameter("AutomaticTransformInitializationMethod", "CenterOfGravity")
    _, result = itk.elastix_registration_method(fixed, moving, parameter_object=parameters)
    values = result.GetParameterMap(0)
    x, y, z, *translation = (float(value) for value in values["TransformParameters"])
    centre = numpy.array([float(value) for value in values["CenterOfRotationPoint"]])
    transform = itk.Euler3DTransform[itk.D].New()
    transform.SetRotation(x, y, z)
    return itk_matrix(itk.array_from_matrix(transform.GetMatrix()), translation, centre)


@writes_matrix
def greedy(fixed, moving, folder):
    from picsl_greedy import Greedy3D

    out = folder / "rigid.mat"
    Greedy3D().execute(
        f"-i {fixed} {moving} -a -dof 6 -m NMI -n 100x50x10 -ia-image-centers -search 1000 20 20 -threads 2 -o {out}"
    )
    return numpy.loadtxt(out)


@writes_matrix
def cmtk(fixed, moving, folder):
    native, itk = folder / "rigid.xform", folder / "rigid.tfm"
    options = ["--initxlate", "--dofs", "6", "--auto-multi-levels", "4"]
    subprocess.run(["cmtk", "registration", *options, "-o", native, fixed, moving], check=True)
    subprocess.run(["cmtk", "xform2itk", native, itk], check=True)
    line = next(line for line in itk.read_text().splitlines() if line.startswith("Parameters:"))
    values = numpy.array([float(word) for word in line.split()[1:]])
    return itk_matrix(values[:9], values[9:], numpy.zeros(3))


@writes_matrix
def niimath_fast(fixed, moving, folder):
    """Its fast engine is affine only: what counts is the rigid transform nearest to it, about the brain's middle."""
    import nibabel
    from scipy import ndimage

    saved = folder / "affine.json"
    options = ["-allineate", fixed, "-cost", "fast", "-savemat", saved]
    subprocess.run(["niimath", moving, *options, folder / "moved.nii"], check=True)
    affine = numpy.array(json.loads(saved.read_text())["fixed_to_moving"])
    image = nibabel.load(fixed)
    centre = image.affine @ [*ndimage.center_of_mass(image.get_fdata()), 1]
    left, _, right = numpy.linalg.svd(affine[:3, :3])
    rigid = numpy.eye(4)
    rigid[:3, :3] = left @ right
    rigid[:3, 3] = (affine @ centre)[:3] - rigid[:3, :3] @ centre[:3]
    return rigid


@writes_matrix
def dipy(fixed, moving, _folder):
    from dipy.align import affine_registration
    from dipy.io.image import load_nifti

    (moving_data, moving_affine), (fixed_data, fixed_affine) = load_nifti(moving), load_nifti(fixed)
    _, matrix = affine_registration(
        moving_data, fixed_data, moving_affine=moving_affine, static_affine=fixed_affine,
        pipeline=["center_of_mass", "translation", "rigid"],
    )
    return matrix
