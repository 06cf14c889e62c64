"""Scores of `memae detect` on real scans: real lesions, lesions painted into real scans, and scans without any.

    python docs/results/real_lesions.py MEMAE DATA OUT [--model NAME ...]

MEMAE is the program, DATA the folder that MRI_TEST_DATA names (open_ms/ in it; CONTRIBUTING.md), OUT a folder for what is
made on the way. Needs nibabel, NumPy and SciPy. Prints the tables of real-lesions.md as Markdown.

Painted lesions are no real ones: an irregular ball with a core and a rim that follows dark tissue, as bright as the T2 of
gliomas is between grey matter and fluid, drawn into the scan of a patient. What lies around it is real.
"""

import argparse
import subprocess
from pathlib import Path

import nibabel
import numpy as np
from scipy import ndimage

SCANS = {"patient01": "patient01_study1_T2w", "patient04": "patient04_study1_T2w", "patient07": "patient07_mni_T2w_brain"}
REAL = {"patient07": "patient07_mni_lesions"}
PAINTED = 4


def average_precision_and_auroc(scores, truth):
    """Both over the given voxels; ties count as scikit-learn counts them."""
    order = np.argsort(-scores, kind="stable")
    scores, truth = scores[order], truth[order]
    ends = np.append(np.flatnonzero(np.diff(scores)), scores.size - 1)
    found = np.cumsum(truth)[ends]
    precision, recall = found / (ends + 1), found / found[-1]
    false = (ends + 1 - found) / (truth.size - found[-1])
    ap = np.sum(np.diff(recall, prepend=0) * precision)
    auroc = np.trapezoid(np.append(0, recall), np.append(0, false))
    return ap, auroc


def smooth_noise(shape, millimetres, spacing, random):
    noise = ndimage.gaussian_filter(random.standard_normal(shape), [millimetres / s for s in spacing])
    return noise / noise.std()


def paint(scan, brain, spacing, seed):
    """A scan with a lesion, and where the lesion is."""
    random = np.random.default_rng(seed)
    dark, median, fluid = np.percentile(scan[brain], [25, 50, 97])
    depth = ndimage.distance_transform_edt(brain, sampling=spacing)
    radius = random.uniform(11, 22)
    places = np.argwhere((depth > 0.8 * radius) & (scan < median + 0.6 * (fluid - median)))
    centre = places[random.integers(len(places))]
    index = np.indices(scan.shape)
    distance = np.sqrt(sum(((index[a] - centre[a]) * spacing[a]) ** 2 for a in range(3)))
    distance = distance * (1 + 0.16 * smooth_noise(scan.shape, 4.0, spacing, random))
    core = distance < 0.6 * radius
    smooth = ndimage.gaussian_filter(scan, [0.8 / s for s in spacing])
    white = smooth < median + 0.15 * (fluid - median)
    rim = (distance < 1.1 * radius) & ((distance < 0.7 * radius) | white) & ~core
    lesion = ndimage.binary_opening((core | rim) & brain)
    parts, _ = ndimage.label(lesion)
    lesion = parts == np.argmax(np.bincount(parts.ravel())[1:]) + 1
    rim_level = median + random.uniform(0.3, 0.5) * (fluid - median)
    core_level = median + random.uniform(0.35, 0.85) * (fluid - median)
    texture = 1 + 0.05 * smooth_noise(scan.shape, 1.5, spacing, random)
    share = ndimage.gaussian_filter(lesion.astype(float), [0.7 / s for s in spacing])
    share *= brain
    return scan * (1 - share) + np.where(core, core_level, rim_level) * texture * share, lesion


def usual_post_processing(image, brain, spacing):
    """Median of about 7 mm, brain eroded by about 5 mm."""
    size = [max(1, 2 * round(3.5 / s) - 1) for s in spacing]
    depth = ndimage.distance_transform_edt(brain, sampling=spacing)
    return np.where(depth > 5, ndimage.median_filter(image, size), 0)


def detect(arguments, scan, out):
    models = [part for model in arguments.model for part in ("--model", model)]
    command = [arguments.memae, "detect", scan, "--out", out, *models]
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
    return sorted(path.parent for path in out.glob("**/anomaly.nii.gz"))


def measure(arguments, name, scan, truth):
    out = arguments.out / "found" / name
    rows = []
    for folder in detect(arguments, scan, out):
        load = lambda file: np.asarray(nibabel.load(folder / file).dataobj)
        brain, anomaly, detection = load("brain.nii.gz") > 0, load("anomaly.nii.gz"), load("detection.nii.gz") > 0
        model = folder.name if len(arguments.model) > 1 else "default"
        if truth is None:
            rows.append((name, model, f"{100 * detection[brain].mean():.1f} %"))
            continue
        image = nibabel.load(scan)
        spacing, image = image.header.get_zooms()[:3], image.get_fdata()
        maps = [anomaly, image, usual_post_processing(image, brain, spacing)]
        inside = truth[brain]
        values = [value for scores in maps for value in average_precision_and_auroc(scores[brain], inside)]
        ml = truth.sum() * np.prod(spacing) / 1000
        kept = inside.sum() / truth.sum()
        rows.append((name, model, f"{ml:.1f}", f"{kept:.3f}", *(f"{value:.3f}" for value in values)))
    return rows


def table(columns, rows):
    for row in [columns, ["---"] * len(columns), *rows]:
        print("| " + " | ".join(row) + " |")
    print()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("memae", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--model", action="append", default=[])
    arguments = parser.parse_args()
    arguments.memae = arguments.memae.resolve()
    (arguments.out / "painted").mkdir(parents=True, exist_ok=True)
    real, painted, without = [], [], []
    for number, (name, file) in enumerate(SCANS.items()):
        path = arguments.data / "open_ms" / f"{file}.nii.gz"
        without += measure(arguments, name, path, None)
        if name in REAL:
            lesions = nibabel.load(arguments.data / "open_ms" / f"{REAL[name]}.nii.gz")
            real += measure(arguments, name, path, np.asarray(lesions.dataobj) > 0)
        image = nibabel.load(path)
        brain = nibabel.load(next((arguments.out / "found" / name).glob("**/brain.nii.gz")))
        brain = np.asarray(brain.dataobj) > 0
        for case in range(PAINTED):
            scan = np.maximum(image.get_fdata(), 0)
            scan, lesion = paint(scan, brain, image.header.get_zooms()[:3], 100 * number + case)
            target = arguments.out / "painted" / f"{name}-{case + 1}.nii.gz"
            nibabel.save(nibabel.Nifti1Image(scan.astype(np.float32), image.affine), target)
            painted += measure(arguments, f"{name}-{case + 1}", target, lesion)
    measures = ["AP", "AUROC", "T2: AP", "AUROC", "T2, median and erosion: AP", "AUROC"]
    columns = ["case", "model", "lesion (ml)", "kept in the brain", *measures]
    table(columns, real)
    table(columns, painted)
    table(["scan", "model", "brain marked above T1"], without)


main()
