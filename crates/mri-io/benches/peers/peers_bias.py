"""Peers of bias-field correction, all N4 at their defaults with the field estimated on every fourth voxel."""

import subprocess


def simpleitk(scan, mask, out):
    import SimpleITK as sitk

    image, inside = sitk.ReadImage(scan, sitk.sitkFloat32), sitk.ReadImage(mask, sitk.sitkUInt8)
    n4 = sitk.N4BiasFieldCorrectionImageFilter()
    n4.Execute(sitk.Shrink(image, [4] * 3), sitk.Shrink(inside, [4] * 3))
    field = sitk.Exp(n4.GetLogBiasFieldAsImage(image))
    sitk.WriteImage(image / sitk.Cast(field, sitk.sitkFloat32), out)


def niimath(scan, mask, out):
    subprocess.run(["niimath", scan, "-n4", "-mask", mask, "-rescale", "0", out], check=True)
