#!/bin/sh
# OpenCV's quality module has SSIM, "values range from 0 (worst) to 1 (best)". Its two constants are those of values up to 255;
# there is no parameter for another range, nor a word on it. Networks and most tools have scans from 0 to 1 as float32: the
# constants then outweigh the means and variances of any window, and whatever is compared with a scan is like it. Noise and flat
# grey get 0.98, the head upside down 0.999. The same images times 255 get about what scikit-image gives at any scale, 0.00, 0.42
# and 0.74. At 12 bit the constants are too small instead: a scan with a little noise falls from 0.77 to 0.33.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile opencv-contrib-python-headless==5.0.0.93 scikit-image==0.26.0 numpy==2.3.5 \
    scipy==1.16.3
cd "$folder"
venv/bin/python - <<'PYTHON'
from importlib.metadata import version
import cv2, numpy as np, skimage
from skimage.metrics import structural_similarity
print("opencv-contrib-python-headless", version("opencv-contrib-python-headless"), "scikit-image", skimage.__version__)
side = 128
generator = np.random.default_rng(0)
across, along = np.meshgrid(*[np.linspace(-1, 1, side)] * 2)
scan = 0.6 * (np.hypot(across / 0.7, along / 0.9) < 1) + 0.3 * (np.hypot(across - 0.2, along + 0.4) < 0.2)
scan = (scan + 0.02 * np.sin(30 * across) * np.sin(30 * along)).clip(0, 1)
others = {
    "itself with a little noise": scan + generator.normal(0, 0.02, scan.shape),
    "upside down": scan[::-1],
    "noise": generator.random(scan.shape),
    "flat grey": np.full(scan.shape, 0.5),
}
found = {}
for name, other in others.items():
    for peak in [1, 255, 4095]:
        one, two = [np.ascontiguousarray(image * peak, np.float32) for image in (scan, other)]
        by_skimage = structural_similarity(one, two, data_range=peak, gaussian_weights=True, use_sample_covariance=False)
        found[name, peak] = cv2.quality.QualitySSIM_compute(one, two)[0][0], float(by_skimage)
    text = ", ".join(f"{found[name, peak][0]:.3f} up to {peak}" for peak in [1, 255, 4095])
    print(f"the scan and {name}: OpenCV {text}; scikit-image {found[name, 1][1]:.3f}")
for (name, peak), (by_opencv, by_skimage) in found.items():
    assert abs(by_skimage - found[name, 1][1]) < 0.01, "scikit-image has changed"
    if peak == 1:
        assert by_opencv > 0.97, "the behaviour has changed"
    elif peak == 255:
        assert abs(by_opencv - by_skimage) < 0.1, "the behaviour has changed"
    else:
        assert by_opencv < by_skimage + 0.01, "the behaviour has changed"
similar = [found["itself with a little noise", peak][0] for peak in [4095, 255]]
assert similar[0] < 0.5 < similar[1], "the behaviour has changed"
PYTHON
