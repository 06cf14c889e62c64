"""Time `mri-prep run` over a manifest with one and two jobs, and print a Markdown table.

    python cohort.py CASES REFERENCE REFERENCE_MASK [--scans N] [--jobs 1 2]

Every `phantom-*` scan of the strip cases is listed, again and again until there are N.
"""

import argparse
import itertools
import os
import pathlib
import tempfile

import measure
import report
from compare import find


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", type=pathlib.Path)
    parser.add_argument("reference", type=pathlib.Path)
    parser.add_argument("mask", type=pathlib.Path)
    parser.add_argument("--scans", type=int, default=8)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    arguments = parser.parse_args()

    scans = [find(case, "scan") for case in sorted(arguments.cases.glob("phantom-1mm*"))]
    body = []
    for scanned, jobs in [(1, 1), *((arguments.scans, jobs) for jobs in arguments.jobs)]:
        with tempfile.TemporaryDirectory() as folder:
            manifest = pathlib.Path(folder, "scans.toml")
            manifest.write_text("".join(
                f'[[scan]]\nscan = "{scan.resolve()}"\noutput = "{folder}/{number}"\n\n'
                for number, scan in enumerate(itertools.islice(itertools.cycle(scans), scanned))
            ))
            command = ["mri-prep", "run", "--manifest", manifest, "--reference", arguments.reference]
            cost, done = measure.run([*command, "--reference-mask", arguments.mask, "--jobs", jobs])
        result = "all done" if done is not None else "**some failed**"
        figures = [f"{cost.wall:.1f}", f"{cost.wall / scanned:.2f}", f"{cost.cpu:.1f}", f"{cost.megabytes:.0f}"]
        body.append([scanned, jobs, *figures, result])
    print(f"`mri-prep run` over {len(scans)} different 1 mm phantoms, in turn, on {os.cpu_count()} cores.\n")
    print(report.table(["scans", "jobs", "wall s", "wall s per scan", "CPU s", "peak MB", ""], body))


if __name__ == "__main__":
    main()
