"""Plots of an evaluation as SVG: metrics with intervals, and faults by kind."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from toolmesh_evaluation.report.figures import Figures, Group

MOST_KINDS = 20


def write_plots(folder: Path, figures: Figures) -> list[Path]:
    """Writes metrics.svg, and faults.svg where something went wrong; gives what was written."""
    # The same figures give the same bytes.
    with mpl.rc_context({"svg.hashsalt": "toolmesh", "svg.fonttype": "path"}):
        written = [_save(_metrics(figures.whole), folder / "metrics.svg")]
        if figures.whole.faults:
            written.append(_save(_faults(figures.by_kind), folder / "faults.svg"))
    return written


def _metrics(whole: Group) -> Figure:
    names = list(whole.metrics)[::-1]
    figure = Figure(figsize=(7, 0.8 + 0.4 * len(names)), layout="constrained")
    axes = figure.subplots()
    for place, name in enumerate(names):
        found = whole.metrics[name]
        axes.barh(place, found.mean, color="#4477aa")
        axes.plot([found.low, found.high], [place, place], color="#222222", linewidth=1.5)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlim(0, 1)
    axes.set_xlabel("mean, with its 95% bootstrap interval")
    return figure


def _faults(by_kind: Mapping[str, Group]) -> Figure:
    worst = sorted(by_kind, key=lambda kind: -sum(by_kind[kind].faults.values()))[:MOST_KINDS][::-1]
    faults = sorted({fault for kind in worst for fault in by_kind[kind].faults})
    figure = Figure(figsize=(8, 1.2 + 0.4 * len(worst)), layout="constrained")
    axes = figure.subplots()
    begun = [0.0] * len(worst)
    for fault in faults:
        shares = [by_kind[kind].faults.get(fault, 0) / by_kind[kind].cases for kind in worst]
        axes.barh(range(len(worst)), shares, left=begun, label=fault)
        begun = [start + share for start, share in zip(begun, shares, strict=True)]
    axes.set_yticks(range(len(worst)), [f"{kind} ({by_kind[kind].cases})" for kind in worst])
    axes.set_xlim(0, 1)
    axes.set_xlabel("share of the cases of a kind that went wrong")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize="small")
    return figure


def _save(figure: Figure, path: Path) -> Path:
    figure.savefig(path, format="svg", metadata={"Date": None})
    return path
