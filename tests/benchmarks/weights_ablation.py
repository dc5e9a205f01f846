"""The ablation of the weighted loss: the base, and LoRA with calls at 1, 2 and 4, three seeds each on one budget.

    python tests/benchmarks/weights_ablation.py --data DATA --out FOLDER [--max-tokens 400000] [--limit 200]

DATA is a folder of `toolmesh data build`. Runs that are there are kept, so that it can be stopped and taken up again.
Each adapter is measured through the controller of production on held-out dialogues and on BFCL; the table at the end
has the mean over the seeds with the lowest and the highest, and the mean of the 95% intervals' half widths.
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

WEIGHTS = {"all 1": "text=1,call=1", "calls 2": "text=1,call=2", "calls 4": "text=1,call=4"}
SEEDS = (1, 2, 3)
SETS = {
    "dialogues": ("action_em", "argument_f1", "abstention", "rouge_l"),
    "bfcl_simple_python": ("accuracy",),
    "bfcl_multiple": ("accuracy",),
    "bfcl_irrelevance": ("abstention",),
}
TOOLMESH = Path(sys.executable).with_name("toolmesh")
Figures = dict[str, tuple[float, float]]


def trained(options: argparse.Namespace, weights: str, seed: int, folder: Path) -> Path:
    """The adapter of one run, which is made where it is missing."""
    adapter = folder / "adapter" / "adapter.gguf"
    if not adapter.exists():
        run = folder / "run"
        bounds = ["--max-tokens", str(options.max_tokens), "--patience", "0", "--seed", str(seed)]
        size = ["--rows-a-step", "5", "--row-tokens", "384", "--learning-rate", "8e-4"]
        resume = ["--resume"] if (run / "checkpoint.pt").exists() else []
        _toolmesh("train", "--data", options.data, "--out", run, "--weights", weights, *bounds, *size, *resume)
        _toolmesh("train", "export", run, "--out", adapter.parent, "--format", "gguf")
    return adapter


def measured(options: argparse.Namespace, adapter: str, folder: Path) -> Figures:
    """Each metric's mean and half the width of its interval."""
    figures: Figures = {}
    for name, metrics in SETS.items():
        out = folder / name
        if not (out / "summary.json").exists():
            data = ["--data", options.data / "held_out.jsonl"] if name == "dialogues" else []
            _toolmesh("eval", name, *data, "--adapter", adapter, "--limit", str(options.limit), "--out", out)
        found = json.loads((out / "summary.json").read_text())["figures"]["whole"]["metrics"]
        for metric in metrics:
            estimate = found[metric]
            figures[f"{name}: {metric}"] = (estimate["mean"], (estimate["high"] - estimate["low"]) / 2)
    return figures


def table(rows: dict[str, list[Figures]]) -> str:
    """Markdown: a line a metric, a column a kind of training."""
    metrics = list(next(iter(rows.values()))[0])
    lines = ["| metric | " + " | ".join(rows) + " |", "|---" * (len(rows) + 1) + "|"]
    for metric in metrics:
        cells = [_cell([figures[metric] for figures in seeds]) for seeds in rows.values()]
        lines.append(f"| {metric} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(found: Sequence[tuple[float, float]]) -> str:
    means = [100 * mean for mean, _ in found]
    half = 100 * statistics.mean(width for _, width in found)
    spread = f" ({min(means):.1f} to {max(means):.1f})" if len(means) > 1 else ""
    return f"{statistics.mean(means):.1f}{spread} ± {half:.1f}"


def _toolmesh(*arguments: object) -> None:
    print("$ toolmesh", *arguments, flush=True)
    subprocess.run([TOOLMESH, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    """Runs from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--max-tokens", type=int, default=400_000, help="of each training run")
    parser.add_argument("--limit", type=int, default=200, help="cases of each set; 0 takes all")
    options = parser.parse_args()
    rows = {"base": [measured(options, "none", options.out / "base")]}
    for name, weights in WEIGHTS.items():
        folders = {seed: options.out / f"{name.replace(' ', '-')}-{seed}" for seed in SEEDS}
        adapters = {seed: trained(options, weights, seed, folder) for seed, folder in folders.items()}
        rows[name] = [measured(options, str(adapters[seed]), folder) for seed, folder in folders.items()]
    text = table(rows)
    (options.out / "table.md").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
