"""Reference values from scikit-learn, SciPy, statsmodels and scikit-image for tests/golden.rs.

Run: python generate.py    (writes golden.json beside this file)
Made with numpy 2.4, scipy 1.17, scikit-learn 1.9, scikit-image 0.26, statsmodels 0.15.
"""

import json
from pathlib import Path

import numpy as np
from scipy import ndimage, stats
from skimage.metrics import structural_similarity
from sklearn import metrics
from statsmodels.stats.multitest import multipletests

rng = np.random.default_rng(2019)


def flags(mask):
    return "".join("1" if flag else "0" for flag in mask)


def ranking_case(name, scores, lesion, brain):
    scores = scores.astype(np.float32)
    case = {"name": name, "scores": [float(s) for s in scores], "lesion": flags(lesion), "brain": flags(brain)}
    case["expected"] = []
    for keep in (np.ones_like(brain), brain):
        y, s = lesion[keep], scores[keep]
        precision, recall, _ = metrics.precision_recall_curve(y, s)
        dice = 2 * precision * recall / np.maximum(precision + recall, 1e-300)
        fpr, tpr, threshold = metrics.roc_curve(y, s, drop_intermediate=False)
        expected = {
            "auroc": metrics.roc_auc_score(y, s),
            "auprc": metrics.average_precision_score(y, s),
            "best_dice": float(dice.max()),
            "counts": [
                [int(c) for c in metrics.confusion_matrix(y, s > np.float32(t)).ravel()[[3, 1, 0, 2]]]
                for t in (0.1, 0.2)
            ],
            # scikit-learn calls score >= threshold positive.
            "roc": [[float(a), float(b)] for a, b in list(zip(fpr, tpr))[1 :: max(1, len(fpr) // 20)]],
        }
        case["expected"].append(expected)
    return case


def ranking_cases():
    n = 900
    lesion = rng.random(n) < 0.12
    brain = (rng.random(n) < 0.6) | lesion
    smooth = np.clip(rng.gamma(1.2, 0.06, n) + 0.12 * lesion, 0, 1)
    yield ranking_case("smooth", smooth, lesion, brain)
    # Few levels, each in a bin of its own: ties everywhere, and our numbers must be exact.
    yield ranking_case("tied", np.round(smooth * 64) / 64, lesion, brain)
    yield ranking_case("many zeros", np.where(rng.random(n) < 0.7, 0, smooth), lesion, brain)
    yield ranking_case("uninformative", rng.random(n) ** 3, lesion, brain)


def wilcoxon_case(differences):
    test = stats.wilcoxon(differences)
    kept = differences[differences != 0]
    ranks = stats.rankdata(np.abs(kept))
    return {
        "differences": differences.tolist(),
        "statistic": float(test.statistic),
        "p": float(test.pvalue),
        "effect": float((ranks * np.sign(kept)).sum() / ranks.sum()),
    }


def wilcoxon_cases():
    yield wilcoxon_case(rng.normal(0.3, 1, 8))
    yield wilcoxon_case(rng.normal(0.2, 1, 50))
    yield wilcoxon_case(rng.normal(0.1, 1, 51))
    yield wilcoxon_case(np.round(rng.normal(0.3, 1, 30), 1))  # ties and zeros


def bca_case(values, level):
    result = stats.bootstrap((values,), np.mean, n_resamples=299, confidence_level=level, method="BCa", rng=7)
    return {
        "values": values.tolist(),
        "level": level,
        "resampled": result.bootstrap_distribution.tolist(),
        "interval": [float(result.confidence_interval.low), float(result.confidence_interval.high)],
    }


def holm_case(p):
    return {"p": p, "corrected": multipletests(p, method="holm")[1].tolist()}


def ssim_case():
    x = np.clip(rng.normal(0.4, 0.2, (17, 14)), 0, 1)
    y = np.clip(0.8 * x + rng.normal(0, 0.1, x.shape), 0, 1)
    options = {"data_range": 1, "gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    _, full = structural_similarity(x, y, full=True, **options)
    return {"x": x.tolist(), "y": y.tolist(), "ssim": full.tolist()}


def postprocess_case():
    # A generator of its own, so that the cases above stay what they are.
    rng = np.random.default_rng(5)
    shape = (9, 8, 7)
    scores = np.round(rng.random(shape) ** 2, 3).astype(np.float32)
    mask = ndimage.gaussian_filter(rng.random(shape), 0.8) > 0.51
    mask[2:8, 2:7, 1:6] = True
    mask[0] = rng.random(shape[1:]) < 0.1
    mask[1] = False
    components, n = ndimage.label(mask, np.ones((3, 3, 3)))
    sizes = ndimage.sum(mask, components, np.arange(n + 1))
    return {
        "shape": shape,
        "scores": [float(s) for s in scores.ravel()],
        "mask": flags(mask.ravel()),
        "median": [float(s) for s in ndimage.median_filter(scores, size=5, mode="nearest").ravel()],
        "eroded": flags(ndimage.binary_erosion(mask).ravel()),
        "large": flags((mask & (sizes[components] >= 10)).ravel()),
    }


def auroc(high, low, axis=-1):
    """AUROC of two groups along the last axis, for scipy.stats.bootstrap."""
    difference = np.expand_dims(high, -1) - np.expand_dims(low, -2)
    return ((difference > 0) + 0.5 * (difference == 0)).mean(axis=(-2, -1))


def subject_auroc_case(rng, with_lesion, without_lesion):
    result = stats.bootstrap((with_lesion, without_lesion), auroc, n_resamples=299, method="BCa", rng=rng)
    labels = np.r_[np.ones(len(with_lesion)), np.zeros(len(without_lesion))]
    return {
        "with_lesion": with_lesion.tolist(),
        "without_lesion": without_lesion.tolist(),
        "auroc": metrics.roc_auc_score(labels, np.r_[with_lesion, without_lesion]),
        "resampled": result.bootstrap_distribution.tolist(),
        "interval": [float(result.confidence_interval.low), float(result.confidence_interval.high)],
    }


def subject_auroc_cases():
    rng = np.random.default_rng(11)
    yield subject_auroc_case(rng, rng.normal(1, 1, 15), rng.normal(0, 1, 9))
    yield subject_auroc_case(rng, np.round(rng.normal(0.3, 1, 12), 1), np.round(rng.normal(0, 1, 10), 1))


def lesion_case():
    rng = np.random.default_rng(8)
    shape, voxel_ml, overlap = (12, 11, 10), 0.008, 0.2
    truth = ndimage.gaussian_filter(rng.random(shape), 0.9) > 0.62
    brain = np.ones(shape, bool)
    brain[:3] = False
    scores = np.round(rng.random(shape) ** 12 + 0.2 * truth, 3)
    scores = np.clip(scores, 0, 1).astype(np.float32)
    ladder = (2.0 ** (np.arange(-64, 0) / 8)).astype(np.float32)
    near = np.ones((3, 3, 3))
    expected = []
    for keep in (np.ones(shape, bool), brain):
        labels, n = ndimage.label(truth & keep, near)
        lesions = []
        for index in range(1, n + 1):
            inside = np.sort(scores[labels == index])[::-1]
            needed = max(1, int(np.ceil(overlap * len(inside))))
            lesions.append({"ml": len(inside) * voxel_ml, "score": float(inside[needed - 1])})
        false_components = []
        for level in range(0, 64, 3):
            found, n = ndimage.label((scores > ladder[level]) & keep, near)
            hits = np.setdiff1d(np.unique(found[truth & keep]), [0])
            false_components.append([level, n - len(hits)])
        expected.append({"lesions": lesions, "false_components": false_components})
    return {
        "shape": shape,
        "scores": [float(s) for s in scores.ravel()],
        "truth": flags(truth.ravel()),
        "brain": flags(brain.ravel()),
        "voxel_ml": voxel_ml,
        "overlap": overlap,
        "expected": expected,
    }


golden = {
    "ranking": list(ranking_cases()),
    "wilcoxon": list(wilcoxon_cases()),
    "bca": [bca_case(rng.beta(2, 5, 12), 0.95), bca_case(rng.gamma(0.5, 1, 20), 0.9)],
    "holm": [holm_case([0.01, 0.04, 0.03, 0.005]), holm_case([0.5, 0.5, 0.9]), holm_case([1e-5, 0.2, 0.2, 0.01, 0.04])],
    "ssim": ssim_case(),
    "postprocess": postprocess_case(),
    "subject_auroc": list(subject_auroc_cases()),
    "lesions": lesion_case(),
}
Path(__file__).with_name("golden.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
