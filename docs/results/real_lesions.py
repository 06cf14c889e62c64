"""Scores of `memae detect` on real scans: real lesions, lesions painted into real scans in three ways, and scans without any.

    python docs/results/real_lesions.py MEMAE DATA OUT

MEMAE is the program, DATA the folder that MRI_TEST_DATA names (open_ms/ in it; CONTRIBUTING.md), OUT a folder for what is
made on the way. Needs nibabel, NumPy and SciPy. Prints the tables of real-lesions.md as Markdown: the default, and each
model in the program alone.

Painted lesions are no real ones. The large ones are an irregular ball with a core and a rim that follows dark tissue, as
bright as the T2 of gliomas is between grey matter and fluid. Swellings are irregular balls too, but are added to the scan, so
that its structure shows through. Plaques are ellipsoids of a few mm in white matter, most of them beside the ventricles. What
lies around them is a patient's scan.
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
WITH_PLAQUES = 2
MODELS = ["ssim-memae", "dae", "blob-dae"]


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


def paint_swelling(scan, brain, spacing, seed):
    """A scan that is brighter in an irregular ball, and where that is."""
    random = np.random.default_rng(seed)
    median, fluid = np.percentile(scan[brain], [50, 99])
    depth = ndimage.distance_transform_edt(brain, sampling=spacing)
    radius = random.uniform(8, 16)
    places = np.argwhere(depth > 0.8 * radius)
    centre = places[random.integers(len(places))]
    index = np.indices(scan.shape)
    distance = np.sqrt(sum(((index[a] - centre[a]) * spacing[a]) ** 2 for a in range(3)))
    distance = distance * (1 + 0.16 * smooth_noise(scan.shape, 4.0, spacing, random))
    share = ndimage.gaussian_filter((distance < radius).astype(float), [1.0 / s for s in spacing]) * brain
    return scan + share * random.uniform(0.3, 0.6) * (fluid - median), share > 0.5


def paint_plaques(scan, brain, spacing, seed):
    """A scan with 3 to 14 ml of plaques as in multiple sclerosis, and where they are."""
    random = np.random.default_rng(seed)
    median, fluid = np.percentile(scan[brain], [50, 97])
    depth = ndimage.distance_transform_edt(brain, sampling=spacing)
    smooth = ndimage.gaussian_filter(scan, [2.0 / s for s in spacing])
    white = (smooth < median + 0.05 * (fluid - median)) & (depth > 8)
    ventricles = ndimage.binary_opening((smooth > median + 0.6 * (fluid - median)) & (depth > 25))
    beside = ndimage.distance_transform_edt(~ventricles, sampling=spacing) < 10
    share, level = np.zeros(scan.shape), np.zeros(scan.shape)
    index = np.indices(scan.shape)
    wanted = random.uniform(3, 14) * 1000
    while (share >= 0.5).sum() * np.prod(spacing) < wanted:
        places = np.argwhere(white & beside) if random.random() < 0.6 else np.argwhere(white)
        places = places if len(places) else np.argwhere(white)
        centre = places[random.integers(len(places))]
        radius, length = np.exp(random.normal(np.log(3.0), 0.4)), random.uniform(1, 2.2)
        axis = random.standard_normal(3)
        axis /= np.linalg.norm(axis)
        offset = [(index[a] - centre[a]) * spacing[a] for a in range(3)]
        along = sum(axis[a] * offset[a] for a in range(3))
        aside = np.sqrt(np.maximum(sum(o * o for o in offset) - along**2, 0))
        plaque = np.clip((1.35 - np.hypot(aside, along / length) / radius) / 0.7, 0, 1) * brain
        plaque *= scan < median + 0.4 * (fluid - median)
        level[plaque > share] = median + random.uniform(0.25, 0.6) * (fluid - median)
        share = np.maximum(share, plaque)
    texture = 1 + 0.05 * smooth_noise(scan.shape, 1.5, spacing, random)
    painted = np.where(level > scan, scan * (1 - share) + level * texture * share, scan)
    return painted, (share >= 0.5) & (level > scan)


def usual_post_processing(image, brain, spacing):
    """Median of about 7 mm, brain eroded by about 5 mm."""
    size = [max(1, 2 * round(3.5 / s) - 1) for s in spacing]
    depth = ndimage.distance_transform_edt(brain, sampling=spacing)
    return np.where(depth > 5, ndimage.median_filter(image, size), 0)


def detect(memae, scan, out):
    """The folders with what the default and each model found."""
    models = [part for model in MODELS for part in ("--model", f"builtin:{model}")]
    for folder, more in (("default", []), ("alone", models)):
        command = [memae, "detect", scan, "--out", out / folder, *more]
        subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
    folders = sorted(path.parent for path in out.glob("**/anomaly.nii.gz"))
    alone = [next(folder for folder in folders if folder.name == model) for model in MODELS]
    return [next(folder for folder in folders if folder.name not in MODELS), *alone]


def load(folder, file):
    return np.asarray(nibabel.load(folder / file).dataobj)


def measure(memae, name, scan, truth, out):
    """Lesion volume in ml, AP and AUROC of the default, then the AP of each model, of T2, and of T2 after the usual steps."""
    folders = detect(memae, scan, out / "found" / name)
    brain = load(folders[0], "brain.nii.gz") > 0
    image = nibabel.load(scan)
    spacing, image = image.header.get_zooms()[:3], image.get_fdata()
    maps = [load(folder, "anomaly.nii.gz") for folder in folders]
    maps += [image, usual_post_processing(image, brain, spacing)]
    scores = [average_precision_and_auroc(values[brain], truth[brain]) for values in maps]
    print(f"{name}: {truth[brain].sum() / truth.sum():.3f} of the lesion in the brain", flush=True)
    return [truth.sum() * np.prod(spacing) / 1000, *scores[0], *(ap for ap, _ in scores[1:])]


def marked(memae, name, scan, out):
    """The share of the brain above T1, of the default and each model, in per cent."""
    folders = detect(memae, scan, out / "found" / name)
    brain = load(folders[0], "brain.nii.gz") > 0
    return [100 * (load(folder, "detection.nii.gz") > 0)[brain].mean() for folder in folders]


def table(columns, rows):
    for row in [columns, ["---"] * len(columns), *rows]:
        print("| " + " | ".join(row) + " |")
    print()


def table_of_figures(figures, means):
    """A row for each case of `figures`, then one for the mean of the cases that each item of `means` lists."""
    alone = [f"`{model}`: AP" for model in MODELS]
    columns = ["case", "lesion (ml)", "AP", "AUROC", *alone, "T2: AP", "T2, median and erosion: AP"]
    figures = figures | {name: np.mean([figures[case] for case in cases], axis=0) for name, cases in means.items()}
    table(columns, [[name, f"{ml:.1f}", *(f"{ap:.3f}" for ap in rest)] for name, (ml, *rest) in figures.items()])


def main():
    parser = argparse.ArgumentParser()
    for name in ("memae", "data", "out"):
        parser.add_argument(name, type=Path)
    arguments = parser.parse_args()
    memae, out = arguments.memae.resolve(), arguments.out
    (out / "painted").mkdir(parents=True, exist_ok=True)
    real, painted, swellings, plaques, without = {}, {}, {}, {}, {}
    for number, (name, file) in enumerate(SCANS.items()):
        path = arguments.data / "open_ms" / f"{file}.nii.gz"
        without[name] = marked(memae, name, path, out)
        if name in REAL:
            lesions = nibabel.load(arguments.data / "open_ms" / f"{REAL[name]}.nii.gz")
            real[name] = measure(memae, name, path, np.asarray(lesions.dataobj) > 0, out)
        image = nibabel.load(path)
        brain = load(next((out / "found" / name).glob("**/brain.nii.gz")).parent, "brain.nii.gz") > 0
        kinds = [
            (paint, painted, "", PAINTED, 0),
            (paint_swelling, swellings, "-swelling", PAINTED, 2000),
            (paint_plaques, plaques, "-plaques", WITH_PLAQUES, 1000),
        ]
        for drawn, figures, kind, cases, first in kinds:
            for case in range(cases):
                scan = np.maximum(image.get_fdata(), 0)
                scan, lesion = drawn(scan, brain, image.header.get_zooms()[:3], first + 100 * number + case)
                called = f"{name}{kind}-{case + 1}"
                target = out / "painted" / f"{called}.nii.gz"
                nibabel.save(nibabel.Nifti1Image(scan.astype(np.float32), image.affine), target)
                figures[called] = measure(memae, called, target, lesion, out)
    for figures in (real, painted, swellings, plaques):
        table_of_figures(figures, {"**mean**": list(figures)} if len(figures) > 1 else {})
    table(["scan", "default", *(f"`{model}`" for model in MODELS)],
          [[name, *(f"{share:.1f} %" for share in shares)] for name, shares in without.items()])


if __name__ == "__main__":
    main()
