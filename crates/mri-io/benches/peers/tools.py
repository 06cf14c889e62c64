"""One small adapter per tool.

    python tools.py register TOOL FIXED MOVING OUT.txt     4x4, fixed to moving, RAS+ mm
    python tools.py strip TOOL SCAN OUT.nii.gz             brain mask

Imports happen inside the adapters, so that a tool that is not installed costs only itself.
"""

import pathlib
import subprocess
import sys
import tempfile

import numpy

LPS = numpy.diag([-1.0, -1.0, 1.0, 1.0])


def itk_matrix(linear, translation, centre):
    """RAS+ matrix of an ITK transform, which maps fixed to moving points in LPS."""
    matrix = numpy.eye(4)
    matrix[:3, :3] = linear
    matrix[:3, 3] = numpy.asarray(translation) + centre - matrix[:3, :3] @ centre
    return LPS @ matrix @ LPS


def register_simpleitk(fixed, moving):
    import SimpleITK as sitk

    fixed, moving = (sitk.ReadImage(path, sitk.sitkFloat32) for path in (fixed, moving))
    start = sitk.CenteredTransformInitializer(
        fixed, moving, sitk.Euler3DTransform(), sitk.CenteredTransformInitializerFilter.MOMENTS
    )
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(50)
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.SetMetricSamplingPercentage(0.2, seed=1)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(1.0, 1e-4, 200, relaxationFactor=0.5)
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel([4, 2, 1])
    method.SetSmoothingSigmasPerLevel([2, 1, 0])
    method.SetInitialTransform(start)
    result = sitk.Euler3DTransform(method.Execute(fixed, moving).GetNthTransform(0))
    linear = numpy.reshape(result.GetMatrix(), (3, 3))
    return itk_matrix(linear, result.GetTranslation(), numpy.array(result.GetCenter()))


def ants(fixed, moving, kind):
    import ants as library

    fixed, moving = library.image_read(fixed), library.image_read(moving)
    result = library.registration(fixed, moving, type_of_transform=kind, random_seed=1)
    transform = library.read_transform(result["fwdtransforms"][0])
    parameters = numpy.asarray(transform.parameters)
    centre = numpy.asarray(transform.fixed_parameters)
    return itk_matrix(parameters[:9].reshape(3, 3), parameters[9:], centre)


def register_ants_quick(fixed, moving):
    return ants(fixed, moving, "QuickRigid")


def register_ants_dense(fixed, moving):
    return ants(fixed, moving, "DenseRigid")


def register_elastix(fixed, moving):
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
    linear = itk.array_from_matrix(transform.GetMatrix())
    return itk_matrix(linear, translation, centre)


def register_greedy(fixed, moving):
    from picsl_greedy import Greedy3D

    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder, "rigid.mat")
        Greedy3D().execute(
            f"-i {fixed} {moving} -a -dof 6 -m NMI -n 100x50x10 -ia-image-centers -search 1000 20 20 -threads 2 -o {out}"
        )
        return numpy.loadtxt(out)


def register_cmtk(fixed, moving):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder, "rigid.xform")
        subprocess.run(
            ["cmtk", "registration", "--initxlate", "--dofs", "6", "--auto-multi-levels", "4", "-o", out, fixed, moving],
            check=True,
        )
        text = subprocess.run(["cmtk", "dof2mat", "--transpose", out], check=True, capture_output=True, text=True).stdout
        return numpy.array([[float(value) for value in line.split()] for line in text.strip().splitlines()])


def register_dipy(fixed, moving):
    from dipy.align import affine_registration
    from dipy.io.image import load_nifti

    (moving_data, moving_affine), (fixed_data, fixed_affine) = load_nifti(moving), load_nifti(fixed)
    _, matrix = affine_registration(
        moving_data, fixed_data, moving_affine=moving_affine, static_affine=fixed_affine,
        pipeline=["center_of_mass", "translation", "rigid"],
    )
    return matrix


def register_mri_prep(fixed, moving):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder, "matrix.txt")
        subprocess.run(["mri-prep", "register", fixed, moving, "--matrix", out], check=True)
        return numpy.loadtxt(out)


def strip_mri_prep(scan, out):
    subprocess.run(["mri-prep", "strip", scan, "--mask", out], check=True)


def strip_hd_bet(scan, out):
    subprocess.run(["hd-bet", "-i", scan, "-o", out, "-device", "cpu", "--disable_tta", "--save_bet_mask", "--no_bet_image"], check=True)


def strip_deepbet(scan, out):
    from deepbet import run_bet

    run_bet([scan], mask_paths=[out], no_gpu=True)


def main():
    task, tool, *paths = sys.argv[1:]
    adapter = globals()[f"{task}_{tool.replace('-', '_')}"]
    if task == "register":
        fixed, moving, out = paths
        numpy.savetxt(out, adapter(fixed, moving), fmt="%.10f")
    else:
        adapter(*paths)


if __name__ == "__main__":
    main()
