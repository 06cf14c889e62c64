#!/bin/sh
# BIDS lets a T2w.json at the root of a data set speak for all T2w scans below, the usual place for what all scans share.
# PyBIDS and bids2table merge it into the metadata of each scan, and the standard's inheritance principle asks for that.
# ancpBIDS takes a sidecar for one only if its name has an entity: acq-tse_T2w.json at the root is inherited, T2w.json is not,
# and get_metadata returns the rest without a word. Field strength, echo time or scanner then look as if nobody had recorded
# them.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile ancpbids==0.4.10 pybids==0.22.0 bids2table==2.3.1 nibabel==5.4.2 numpy==2.3.5
cd "$folder"
venv/bin/python - 2>/dev/null <<'PYTHON'
import json, pathlib
from importlib.metadata import version
import ancpbids, bids2table, nibabel, numpy as np
from bids import BIDSLayout
print(*(f"{name} {version(name)}" for name in ["ancpbids", "pybids", "bids2table"]), sep=", ")
seen = {}
for sidecar in ["T2w.json", "acq-tse_T2w.json"]:
    root = pathlib.Path(sidecar + ".bids")
    (root / "sub-01/anat").mkdir(parents=True)
    scan = root / "sub-01/anat/sub-01_acq-tse_T2w.nii.gz"
    nibabel.save(nibabel.Nifti1Image(np.zeros((4, 5, 6), np.int16), np.eye(4)), scan)
    for path, content in {
        "dataset_description.json": {"Name": "synthetic", "BIDSVersion": "1.10.0", "DatasetType": "raw"},
        sidecar: {"MagneticFieldStrength": 3, "EchoTime": 0.1},
        "sub-01/anat/sub-01_acq-tse_T2w.json": {"RepetitionTime": 4.0},
    }.items():
        (root / path).write_text(json.dumps(content))
    [found] = ancpbids.load_dataset(str(root)).query(suffix="T2w", extension=".nii.gz")
    metadata = {
        "ancpbids": found.get_metadata(),
        "pybids": BIDSLayout(root).get_file(str(scan.absolute())).get_metadata(),
        "bids2table": bids2table.load_bids_metadata(scan.absolute()),
    }
    for package, entries in metadata.items():
        print(f"{sidecar} at the root, {package}: {dict(sorted(entries.items()))}")
        seen[sidecar, package] = sorted(entries)
everything = ["EchoTime", "MagneticFieldStrength", "RepetitionTime"]
assert seen.pop(("T2w.json", "ancpbids")) == ["RepetitionTime"], "the behaviour has changed"
assert all(keys == everything for keys in seen.values()), "the behaviour has changed"
PYTHON
