"""Run tools over cases, score them with one scorer, and print Markdown tables.

    python compare.py register CASES --tools mri-prep ants-quick ... [--every K] [--timed N]
    python compare.py strip    CASES --tools ...
    python compare.py bias     CASES --tools ...

Outputs of peers are kept in --cache (by task, tool and case) and scored again when they are there; outputs
of mri-prep never are. Costs are only ever measured in the run that reports them: of each kind of case, the first
--timed ones are run anew by every tool, the tools taking turns.
"""

import argparse
import collections
import pathlib
import re
import sys
import tempfile

import measure
import report
import score

HERE = pathlib.Path(__file__).parent
OURS = "mri-prep"
INPUTS = {"register": ("fixed", "moving"), "strip": ("scan",), "bias": ("scan", "mask")}
ENDING = {"register": ".txt", "strip": ".nii.gz", "bias": ".nii.gz"}
SCORES = {"register": score.register, "strip": score.strip, "bias": score.bias}


def command(task, tool, inputs, out):
    """mri-prep is started as its users start it; the others through their adapter."""
    if tool != OURS:
        return [sys.executable, HERE / "tools.py", task, tool, *inputs, out]
    return {
        "register": [OURS, "register", *inputs, "--matrix", out],
        "strip": [OURS, "strip", *inputs, "--mask", out],
        "bias": [OURS, "bias", inputs[0], out, "--mask", inputs[-1]],
    }[task]


def kind_of(case):
    """Cases are named by their kind and a number: icbm-same-07, map09-thick-tumour."""
    return re.sub(r"-?\d+$|(?<=^map)\d+", "", case.name)


def find(case, name):
    return next(path for ending in (".nii", ".nii.gz") if (path := case / (name + ending)).exists())


def run(task, tool, case, kept, fresh, limit):
    """Scores and cost (None if not measured) of one tool on one case; None for a failure or a case left out."""
    with tempfile.TemporaryDirectory() as folder:
        out, cost = kept, None
        if fresh or tool == OURS:
            out = pathlib.Path(folder, "out" + ENDING[task])
            inputs = [find(case, name) for name in INPUTS[task]]
            cost, done = measure.run(command(task, tool, inputs, out), limit)
            if done is None or not out.exists():
                return {"failed": 1.0}, cost
            if tool != OURS:
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_bytes(out.read_bytes())
        elif not kept.exists():
            return None, None
        return SCORES[task](case, out), cost


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=INPUTS)
    parser.add_argument("cases", type=pathlib.Path)
    parser.add_argument("--tools", nargs="+", required=True)
    parser.add_argument("--cache", type=pathlib.Path, required=True)
    parser.add_argument("--timed", type=int, default=1, help="cases of each kind that every tool runs anew")
    parser.add_argument("--kinds", nargs="*", default=[], help="kinds whose cases are timed; all by default")
    parser.add_argument("--slow", nargs="*", default=[], help="tools that run only on the first of --kinds")
    parser.add_argument("--limit", type=int, default=600, help="seconds after which a run counts as failed")
    parser.add_argument("--at-most", type=int, help="cases of each kind")
    arguments = parser.parse_args()

    seen = collections.Counter()
    rows = []
    for case in sorted(path for path in arguments.cases.iterdir() if path.is_dir()):
        kind = kind_of(case)
        number, seen[kind] = seen[kind], seen[kind] + 1
        if arguments.at_most and number >= arguments.at_most:
            continue
        for tool in [*arguments.tools, *arguments.slow]:
            kinds = arguments.kinds[:1] if tool in arguments.slow else arguments.kinds
            fresh = number < arguments.timed and (not kinds or kind in kinds)
            kept = arguments.cache / arguments.task / tool / (case.name + ENDING[arguments.task])
            scores, cost = run(arguments.task, tool, case, kept, fresh, arguments.limit)
            if scores is not None:
                rows.append(report.Row(tool, kind, case.name, scores, cost if fresh else None))
                figures = {name: round(float(value), 4) for name, value in scores.items()}
                print(case.name, tool, figures, cost, file=sys.stderr, flush=True)
    print(report.tables(arguments.task, rows, [*arguments.tools, *arguments.slow], OURS))


if __name__ == "__main__":
    main()
