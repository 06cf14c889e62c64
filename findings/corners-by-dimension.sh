#!/bin/sh
# panoptica counts lesions by connected components. In a volume voxels touch by corners and edges, too (cc3d, 26 neighbours);
# in a slice by sides only (SciPy, 4 neighbours). It chooses the library by the number of dimensions, as its documentation
# says, and does not say that the neighbourhood changes with it. Two voxels that touch diagonally within a slice are one
# lesion in the volume and two in that very slice: counts, and the quality they enter, cannot be compared.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile panoptica==2.1.7 connected-components-3d==3.29.0 numpy==2.2.6 scipy==1.16.3
cd "$folder"
PANOPTICA_CITATION_REMINDER=false venv/bin/python -W ignore - <<'PYTHON'
from importlib.metadata import version
import numpy as np
from panoptica import ConnectedComponentsInstanceApproximator, InputType, NaiveThresholdMatching, Panoptica_Evaluator
print(*(f"{name} {version(name)}" for name in ["panoptica", "connected-components-3d", "scipy"]), sep=", ")
lesion = np.zeros((4, 10, 10), np.uint8)
lesion[2, 3, 3] = lesion[2, 4, 4] = 1
evaluator = Panoptica_Evaluator(
    expected_input=InputType.SEMANTIC,
    instance_approximator=ConnectedComponentsInstanceApproximator(),
    instance_matcher=NaiveThresholdMatching(),
)
counts = {}
for name, mask in {"volume": lesion, "slice": lesion[2]}.items():
    counts[name] = evaluator.evaluate(mask, mask, verbose=False)["ungrouped"].tp
    print(f"{name}: {counts[name]} lesions found of {int(mask.sum())} voxels that touch by an edge")
assert counts == {"volume": 1, "slice": 2}, "the behaviour has changed"
PYTHON
