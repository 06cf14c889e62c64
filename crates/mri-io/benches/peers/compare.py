"""Run tools over cases and score them with one scorer.

    python compare.py register CASES OUT.csv TOOL [TOOL ...] [--limit N]
    python compare.py strip CASES OUT.csv TOOL [TOOL ...] [--limit N]

`register` reads the folders that make_cases.py writes. `strip` reads folders with scan.nii.gz,
mask.nii.gz and, where there is one, tumour.nii.gz. Each run is a process of its own under
`/usr/bin/time`; the tools take turns on a case, so that a slow spell of the machine hits all of
them. A Markdown table of the medians is printed at the end.
"""

import argparse
import csv
import pathlib
import statistics
import subprocess
import sys
import tempfile

import nibabel
import numpy

TOOLS = pathlib.Path(__file__).with_name("tools.py")


def timed(command):
    """Run a command; wall seconds, peak megabytes, and whether it succeeded."""
    with tempfile.NamedTemporaryFile("r") as report:
        done = subprocess.run(
            ["/usr/bin/time", "-o", report.name, "-f", "%e %M", *map(str, command)], capture_output=True, text=True
        )
        seconds, kilobytes = report.read().split()[-2:]
    if done.returncode:
        print(done.stderr[-2000:], file=sys.stderr)
    return float(seconds), float(kilobytes) / 1024, done.returncode == 0


def command(task, tool, *paths):
    """mri-prep is started as users start it; the others through their adapter."""
    if tool == "mri-prep" and task == "register":
        fixed, moving, out = paths
        return ["mri-prep", "register", fixed, moving, "--matrix", out]
    if tool == "mri-prep":
        scan, out = paths
        return ["mri-prep", "strip", scan, "--mask", out]
    return [sys.executable, TOOLS, task, tool, *paths]


def score_register(case, out):
    """Mean and largest distance (mm) over the fixed brain between estimate and truth."""
    estimate, truth = numpy.loadtxt(out), numpy.loadtxt(case / "truth.txt")
    mask = nibabel.load(case / "mask.nii.gz")
    points = numpy.c_[numpy.argwhere(mask.get_fdata() > 0), numpy.ones(int((mask.get_fdata() > 0).sum()))]
    world = points @ mask.affine.T
    distance = numpy.linalg.norm((world @ (estimate - truth).T)[:, :3], axis=1)
    return {"mean_mm": distance.mean(), "max_mm": distance.max()}


def score_strip(case, out):
    """Dice, sensitivity and precision against the reference; share of the tumour that was kept."""
    estimate = nibabel.load(out).get_fdata() > 0
    truth = nibabel.load(case / "mask.nii.gz").get_fdata() > 0
    both = (estimate & truth).sum()
    scores = {
        "dice": 2 * both / (estimate.sum() + truth.sum()),
        "sensitivity": both / truth.sum(),
        "precision": both / max(estimate.sum(), 1),
    }
    if (case / "tumour.nii.gz").exists():
        tumour = nibabel.load(case / "tumour.nii.gz").get_fdata() > 0
        scores["tumour_kept"] = (estimate & tumour).sum() / tumour.sum()
    return scores


def run(task, case, tool):
    with tempfile.TemporaryDirectory() as folder:
        if task == "register":
            out = pathlib.Path(folder, "matrix.txt")
            paths = (case / "fixed.nii.gz", case / "moving.nii.gz", out)
            score = score_register
        else:
            out = pathlib.Path(folder, "mask.nii.gz")
            paths = (case / "scan.nii.gz", out)
            score = score_strip
        seconds, megabytes, succeeded = timed(command(task, tool, *paths))
        scores = score(case, out) if succeeded else {}
    return {"case": case.name, "tool": tool, "seconds": seconds, "megabytes": megabytes, **scores}


def summarize(rows, tools):
    figures = [key for key in rows[0] if key not in ("case", "tool")]
    print("| tool | runs | failed | " + " | ".join(f"{figure}, median (worst)" for figure in figures) + " |")
    print("|---" * (3 + len(figures)) + "|")
    for tool in tools:
        mine = [row for row in rows if row["tool"] == tool]
        cells = []
        for figure in figures:
            values = [row[figure] for row in mine if figure in row]
            worst = min if figure in ("dice", "sensitivity", "precision", "tumour_kept") else max
            cells.append(f"{statistics.median(values):.3f} ({worst(values):.3f})" if values else "-")
        failed = sum("mean_mm" not in row and "dice" not in row for row in mine)
        print(f"| {tool} | {len(mine)} | {failed} | " + " | ".join(cells) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=["register", "strip"])
    parser.add_argument("cases", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("tools", nargs="+")
    parser.add_argument("--limit", type=int, help="use only every k-th case, so that about N remain")
    arguments = parser.parse_args()

    cases = sorted(path for path in arguments.cases.iterdir() if path.is_dir())
    if arguments.limit:
        cases = cases[:: max(1, len(cases) // arguments.limit)]
    rows = []
    for case in cases:
        for tool in arguments.tools:
            rows.append(run(arguments.task, case, tool))
            print(rows[-1], file=sys.stderr)
    rows.sort(key=len, reverse=True)
    with arguments.out.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    summarize(rows, arguments.tools)


if __name__ == "__main__":
    main()
