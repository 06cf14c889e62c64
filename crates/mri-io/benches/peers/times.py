"""Time reading and linear resampling of one scan inside each library, and print a Markdown table.

    python times.py SCAN.nii.gz --ours PROGRAM --nifti-rs PROGRAM [--rounds N]

In each round every tool runs a few times in a process of its own; the medians are over all rounds. PROGRAM
for --ours is the example `timing` of mri-io, which also times libdeflate's inflate alone, the floor.
"""

import argparse
import collections
import json
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
    size = arguments.scan.stat().st_size / 1e6
    print(f"{arguments.scan.name}, {size:.1f} MB; medians of {arguments.rounds} rounds of {RUNS} runs each.\n")

    def row(name, milliseconds, base):
        return [name, f"{milliseconds:.1f}", f"{milliseconds / base:.2f}"]

    body = [row("libdeflate's inflate alone", floor, floor)]
    body += [row(tool, medians[tool, "read"], floor) for tool in commands if (tool, "read") in medians]
    print(report.table(["read to f32 in C order", "ms", "to inflate"], body) + "\n")
    ours = medians["mri-io", "linear"]
    body = [row(tool, medians[tool, "linear"], ours) for tool in commands if (tool, "linear") in medians]
    print(report.table(["linear resampling, rigid motion, own grid", "ms", "to ours"], body) + "\n")
    body = [row(name, value, ours) for (tool, name), value in sorted(medians.items()) if tool == "mri-io"]
    print(report.table(["mri-io", "ms", "to linear"], body))


if __name__ == "__main__":
    main()
