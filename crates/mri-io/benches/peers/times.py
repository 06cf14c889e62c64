"""Time reading and linear resampling of one scan inside each library, and print a Markdown table.

    python times.py SCAN.nii.gz --ours PROGRAM --nifti-rs PROGRAM [--rounds N]

In each round every tool runs a few times in a process of its own; the medians are over all rounds. PROGRAM
for --ours is the example `timing` of mri-io, which also times libdeflate's inflate alone, the floor.
"""

import argparse
import collections
import json
import os
import pathlib
import statistics
import sys

import measure
import report

TOOLS = pathlib.Path(__file__).with_name("tools.py")
RUNS = 5


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scan", type=pathlib.Path)
    parser.add_argument("--ours", required=True)
    parser.add_argument("--nifti-rs", required=True)
    parser.add_argument("--rounds", type=int, default=6)
    arguments = parser.parse_args()

    commands = {
        "mri-io": [arguments.ours, arguments.scan, RUNS],
        "nifti-rs": [arguments.nifti_rs, arguments.scan, RUNS],
        "SimpleITK": [sys.executable, TOOLS, "time", "simpleitk", arguments.scan, RUNS],
        "nibabel, SciPy": [sys.executable, TOOLS, "time", "nibabel", arguments.scan, RUNS],
    }
    times = collections.defaultdict(list)
    for _ in range(arguments.rounds):
        for tool, command in commands.items():
            _, printed = measure.run(command)
            if printed is None:
                continue
            printed = json.loads(printed.strip().splitlines()[-1])
            # Ours prints medians of its runs, the others all runs.
            for name, values in printed.get("median_ms", printed).items():
                times[tool, name] += values if isinstance(values, list) else [values]
    medians = {key: statistics.median(values) for key, values in times.items()}

    floor = medians["mri-io", "inflate"]
    print(f"{arguments.scan.name}, {arguments.scan.stat().st_size / 1e6:.1f} MB; medians over {arguments.rounds} rounds of {RUNS} runs, {os.cpu_count()} cores.\n")
    body = [["libdeflate's inflate alone", f"{floor:.1f}", "1.00"]]
    body += [[tool, f"{medians[tool, 'read']:.1f}", f"{medians[tool, 'read'] / floor:.2f}"] for tool in commands if (tool, "read") in medians]
    print(report.table(["read to f32 in C order", "ms", "to inflate"], body) + "\n")
    ours = medians["mri-io", "linear"]
    body = [[tool, f"{medians[tool, 'linear']:.1f}", f"{medians[tool, 'linear'] / ours:.2f}"] for tool in commands if (tool, "linear") in medians]
    print(report.table(["linear resampling, rigid motion, own grid", "ms", "to ours"], body))
    others = [[name, f"{medians[tool, name]:.1f}"] for tool, name in sorted(medians) if tool == "mri-io" and name not in ("inflate", "read", "linear")]
    print("\n" + report.table(["mri-io only", "ms"], others))


if __name__ == "__main__":
    main()
