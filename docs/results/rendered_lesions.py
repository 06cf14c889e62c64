"""Scores of `memae detect` on the rendered test heads of the run that makes the built-in models; all of them are synthetic.

    python docs/results/rendered_lesions.py MEMAE HEADS OUT

MEMAE is the program. HEADS is the folder cache/synthetic-*/synthetic/tumour that `cargo xtask train-default` leaves below its
--out: raw heads of a label map that no model has seen, with their lesions. OUT is a folder for what is made on the way. Needs
nibabel, NumPy and SciPy. Prints the table that docs/models/default.md sums up.
"""

import argparse
from pathlib import Path

import nibabel
import numpy as np
from real_lesions import measure, table_of_figures

# Label of the part that only this kind of lesion has.
KINDS = {1: "glioma", 5: "infarct", 6: "multiple sclerosis"}


def main():
    parser = argparse.ArgumentParser()
    for name in ("memae", "heads", "out"):
        parser.add_argument(name, type=Path)
    arguments = parser.parse_args()
    figures, groups = {}, {}
    for scan in sorted(arguments.heads.glob("*/*_T2w.nii.gz")):
        labels = np.asarray(nibabel.load(str(scan).replace("_T2w", "_tumour")).dataobj)
        kind = next(kind for label, kind in KINDS.items() if (labels == label).any())
        name = scan.name.removesuffix("_T2w.nii.gz")
        figures[name] = measure(arguments.memae.resolve(), name, scan, labels > 0, arguments.out)
        groups.setdefault(f"**{kind}, mean**", []).append(name)
    table_of_figures(figures, groups | {"**all, mean**": list(figures)})


main()
