#!/bin/sh
# intensity-normalization 3 documents options that change nothing, and accepts them in silence. Its command takes --width of
# WhiteStripe and --n-clusters of FCM, with a call of the former as an example, and passes neither on: all widths give the
# same file. In Python FCMNormalizer(tissue_type="wm") is the example; a string never equals the enumeration that the code
# compares it with, and what equals nothing is white matter: "csf" and "gm" divide by white matter, too. Who searches for the
# best width, or normalises a T2 by grey matter, compares a result with itself.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile intensity-normalization==3.0.1 nibabel==5.4.2 numpy==2.3.5 scipy==1.15.3
cd "$folder"
venv/bin/python - <<'PYTHON'
import subprocess
from importlib.metadata import version
import nibabel, numpy as np
from intensity_normalization import FCMNormalizer, TissueType, WhiteStripeNormalizer, create_image
print("intensity-normalization", version("intensity-normalization"))
random = np.random.default_rng(0)  # synthetic T1: CSF, grey matter, white matter
brain = np.concatenate([random.normal(*tissue) for tissue in [(300, 40, 1000), (700, 50, 4000), (1000, 40, 3000)]])
brain = brain.reshape(20, 20, 20)
nibabel.save(nibabel.Nifti1Image(brain, np.eye(4)), "t1.nii")


def command(method, *options):
    subprocess.run(["venv/bin/intensity-normalize", method, "t1.nii", "-o", "out.nii", *options], check=True,
                   stdout=subprocess.DEVNULL)
    return nibabel.load("out.nii").get_fdata()


spread = {width: float(command("whitestripe", "--width", width).std()) for width in ["0.05", "0.3"]}
image = create_image(brain)
meant = {width: float(WhiteStripeNormalizer(width=width).fit_transform(image).get_data().std()) for width in [0.05, 0.3]}
print("standard deviation of the WhiteStripe result by width: command", spread, "Python", meant)
means = {str(tissue): float(FCMNormalizer(tissue_type=tissue).fit_transform(image).get_data().mean())
         for tissue in ["wm", "gm", "csf", TissueType.GM, TissueType.CSF]}
print("mean of the FCM result by tissue:", means)
assert spread["0.05"] == spread["0.3"] and meant[0.05] > 1.5 * meant[0.3], "the behaviour has changed"
assert np.ptp([means[name] for name in ["wm", "gm", "csf"]]) < 0.01, "the behaviour has changed"
assert means["TissueType.CSF"] > 2 * means["csf"], "the behaviour has changed"
PYTHON
