"""Middles of brain structures as landmarks, and the motion between two sets of them.

SynthSeg's label maps and DLMUSE's segmentations number the same structures differently. Thalamus, putamen, stem and the
others here lie well inside, so that their middles do not depend on how a cortex is outlined.
"""

import nibabel
import numpy

# Structure: labels left, labels right; (SynthSeg, DLMUSE).
PAIRS = {
    "caudate": (([11], [50]), ([37], [36])),
    "putamen": (([12], [51]), ([58], [57])),
    "pallidum": (([13], [52]), ([56], [55])),
    "thalamus": (([10], [49]), ([60], [59])),
    "hippocampus": (([17], [53]), ([48], [47])),
    "amygdala": (([18], [54]), ([32], [31])),
    "accumbens": (([26], [58]), ([30], [23])),
    "ventral diencephalon": (([28], [60]), ([62], [61])),
    "cerebellum": (([7, 8], [46, 47]), ([39, 41], [38, 40])),
    "white matter": (([2], [41]), ([82, 84, 86, 88], [81, 83, 85, 87])),
}
MIDDLE = {"third ventricle": ([14], [4]), "fourth ventricle": ([15], [11]), "stem": ([16], [35])}
SYNTHSEG, DLMUSE = 0, 1


def landmarks(path, numbering):
    """One point (world, mm) for each structure: the left ones, the right ones in the same order, those between."""
    sides = [[pair[numbering][side] for pair in PAIRS.values()] for side in (0, 1)]
    image = nibabel.load(path)
    labels = numpy.asarray(image.dataobj).astype(int)
    voxels = [numpy.argwhere(numpy.isin(labels, wanted)) for wanted in sides[0] + sides[1] + [m[numbering] for m in MIDDLE.values()]]
    return nibabel.affines.apply_affine(image.affine, [found.mean(0) for found in voxels])


def mirrored(points):
    """The landmarks of the mirror image in x = 0."""
    count = len(PAIRS)
    return numpy.concatenate([points[count : 2 * count], points[:count], points[2 * count :]]) * [-1, 1, 1]


def motion(fixed, moving):
    """Rotation, one scale and shift that bring landmarks nearest to others (Umeyama 1991, doi:10.1109/34.88573)."""
    middle, target = fixed.mean(0), moving.mean(0)
    u, _, vt = numpy.linalg.svd((moving - target).T @ (fixed - middle))
    rotation = u @ numpy.diag([1, 1, numpy.linalg.det(u @ vt)]) @ vt
    turned = (fixed - middle) @ rotation.T
    scale = (turned * (moving - target)).sum() / (turned**2).sum()
    matrix = numpy.eye(4)
    matrix[:3, :3] = scale * rotation
    matrix[:3, 3] = target - scale * rotation @ middle
    return matrix
