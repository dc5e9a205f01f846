"""What a run leaves beside its weights: metrics.jsonl, one line a step or look, and curves.png."""

import json
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

_CURVES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("loss", "training", {"alpha": 0.5}),
    ("held_out_loss", "held out", {"marker": "o"}),
)
METRICS_FILE, CURVES_FILE = "metrics.jsonl", "curves.png"


class RunFolder:
    """The files of one run.

    Args:
        last_step: lines of later steps are dropped: they were written after the checkpoint that the run goes on from.
    """

    def __init__(self, path: Path, last_step: int) -> None:
        self.path = path
        self._metrics = path / METRICS_FILE
        path.mkdir(parents=True, exist_ok=True)
        kept = [line for line in self.metrics() if line["step"] <= last_step] if last_step else []
        self._metrics.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")

    def write(self, **values: Any) -> None:
        """Adds one line to the metrics."""
        with self._metrics.open("a", encoding="utf-8") as out:
            out.write(json.dumps(values) + "\n")

    def metrics(self) -> list[dict[str, Any]]:
        """All lines so far; a last one that was cut off by a crash is left out."""
        if not self._metrics.exists():
            return []
        lines = self._metrics.read_text(encoding="utf-8").splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def draw_curves(self) -> None:
        """Training and held-out loss over steps."""
        lines = self.metrics()
        figure, axes = pyplot.subplots(figsize=(7, 4), layout="constrained")
        for name, label, style in (
            ("loss", "training", {"alpha": 0.5}),
            ("held_out_loss", "held out", {"marker": "o"}),
        ):
            points = [(line["step"], line[name]) for line in lines if name in line]
            if points:
                axes.plot(*zip(*points, strict=True), label=label, **style)
        axes.set_xlabel("step")
        axes.set_ylabel("loss, nats a weighted token")
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
        axes.legend()
        figure.savefig(self.path / CURVES_FILE, dpi=110)
        pyplot.close(figure)
