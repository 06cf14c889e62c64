"""Markdown tables of a comparison."""

import dataclasses
import re
import statistics

# What decides, what else is shown, and which is better.
FIGURES = {
    "register": ("mean_mm", ["max_mm"], max),
    "strip": ("dice", ["sensitivity", "precision", "tumour_kept", "dice_owners"], min),
    "bias": ("variation", ["uncorrected"], max),
}
HEADS = {
    "register": "Mean error over the fixed brain (mm): median over cases (worst). Failed: no result, or an error above "
    "1 mm somewhere in the brain.",
    "strip": "Dice: mean over cases (worst).",
    "bias": "Coefficient of variation of estimated/true field over the brain; `uncorrected` is that of the true field.",
}


def other_contrast(row):
    return re.search("-(t1|pd|flair)", row.kind) is not None


# Rows below those of each kind of case.
TOTALS = {
    "register": {
        "**whole volumes, 1 mm**": lambda row: not re.search("cropped|thick", row.kind),
        "**all**": lambda row: True,
    },
    "strip": {"**T2**": lambda row: not other_contrast(row), "**other contrasts**": other_contrast},
    "bias": {"**all**": lambda row: True},
}


@dataclasses.dataclass
class Row:
    """One tool on one case."""

    tool: str
    kind: str
    case: str
    scores: dict
    cost: object  # measure.Cost, or None where only the accuracy counts


def line(cells):
    return "| " + " | ".join(map(str, cells)) + " |"


def table(head, body):
    return "\n".join([line(head), "|---" * len(head) + "|", *map(line, body)])


def failed(row):
    return "failed" in row.scores or row.scores.get("max_mm", 0) > 1


def accuracy(task, rows, tools):
    """A row per kind of case, a column per tool."""
    figure, _, worst = FIGURES[task]
    middle = statistics.median if task == "register" else statistics.fmean

    def cell(selected):
        values = [row.scores[figure] for row in selected if figure in row.scores]
        bad = sum(map(failed, selected))
        if not selected:
            return ""
        text = f"{middle(values):.3f} ({worst(values):.3f})" if values else "-"
        return text + f", {len(selected)}" + (f", **{bad} failed**" if bad else "")

    kinds = sorted({row.kind for row in rows})
    body = [
        [kind, *(cell([row for row in rows if row.kind == kind and row.tool == tool]) for tool in tools)]
        for kind in kinds
    ]
    for name, belongs in TOTALS[task].items():
        body.append([name, *(cell([row for row in rows if row.tool == tool and belongs(row)]) for tool in tools)])
    return table(["cases", *tools], body)


def costs(rows, tools, ours):
    """Medians over the cases that were timed, and their ratio to ours over the same cases."""

    def medians(selected):
        return [statistics.median(getattr(cost, name) for cost in selected) for name in ("wall", "cpu", "megabytes")]

    body = []
    for tool in tools:
        timed = {row.case: row.cost for row in rows if row.tool == tool and row.cost and not "failed" in row.scores}
        base = {row.case: row.cost for row in rows if row.tool == ours and row.cost and row.case in timed}
        if not timed:
            continue
        mine = medians(list(timed.values()))
        ratios = [f"{a / b:.1f}" for a, b in zip(mine, medians(list(base.values())))] if base else ["-"] * 3
        body.append([tool, len(timed), *(f"{a:.{digits}f} ({r}x)" for a, r, digits in zip(mine, ratios, (2, 2, 0)))])
    return table(["tool", "runs", "wall s (to ours)", "CPU s", "peak MB"], body)


def others(task, rows, tools):
    """The other figures, over all cases."""
    _, names, worst = FIGURES[task]
    names = [name for name in names if any(name in row.scores for row in rows)]
    if not names:
        return ""
    body = []
    for tool in tools:
        cells = []
        for name in names:
            values = [row.scores[name] for row in rows if row.tool == tool and name in row.scores]
            cells.append(f"{statistics.fmean(values):.4f} ({worst(values):.4f})" if values else "")
        body.append([tool, *cells])
    return "\n\n" + table(["all cases, mean (worst)", *names], body)


def tables(task, rows, tools, ours):
    return f"""{HEADS[task]} After the comma: the number of cases.

{accuracy(task, rows, tools)}{others(task, rows, tools)}

Whole process, as started from a shell; medians.

{costs(rows, tools, ours)}
"""
