"""scikit-learn on the voxels of counting.rs: AUROC, average precision and counts, all voxels and brain only.

Run: python counting.py 5    (number of volumes; 50 need about 20 GB)
"""

import resource
import sys
import time

import numpy as np
from sklearn import metrics

VOXELS = 240 * 240 * 155
volumes = int(sys.argv[1])

voxel = np.arange(volumes * VOXELS, dtype=np.uint64)
place = voxel % np.uint64(VOXELS)
brain = place % np.uint64(6) == 0
lesion = place % np.uint64(90) == 0
uniform = ((voxel + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(40)).astype(np.float32)
uniform /= np.float32(1 << 24)
square = uniform * uniform
scores = np.where(brain, np.float32(0.5) * (square * square) + np.float32(0.125) * lesion, 0).astype(np.float32)
del voxel, place, uniform, square

start = time.process_time()
for name, keep in (("all voxels", slice(None)), ("brain voxels", brain)):
    y, s = lesion[keep], scores[keep]
    auroc, auprc = metrics.roc_auc_score(y, s), metrics.average_precision_score(y, s)
    counts = [metrics.confusion_matrix(y, s > np.float32(t)).ravel()[[3, 1, 0, 2]].tolist() for t in (0.1, 0.2)]
    print(f"{name}: AUROC {auroc:.9f}, AUPRC {auprc:.9f}, TP FP TN FN {counts}")
seconds = time.process_time() - start
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(f"{volumes} volumes: {seconds:.3f} processor seconds; peak memory {memory:.1f} GB")
