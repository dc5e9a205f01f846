"""The ablation of the weighted loss: the base, and LoRA with calls at 1, 2 and 4, three seeds each on one budget.

    python tests/benchmarks/weights_ablation.py --data DATA --out FOLDER [--max-tokens 100000] [--limit 60]

DATA is a folder of `toolmesh data build`. Runs that are there are kept, so that it can be stopped and taken up again.

Each model is measured twice. On held-out sequences, token by token: the loss of call and of other tokens, unweighted,
and the share of sequences whose learned tokens are all the model's first choice, as decoding at temperature 0 would
have written them. And through the controller of production (`toolmesh eval`), on the first cases of the held-out
dialogues and of BFCL. The table has means over the seeds, the lowest and the highest, and the mean of the half widths
of their 95% intervals.
"""

import argparse
import copy
import json
import random
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from toolmesh_dialogues.dialogue_file import read_dialogues
from toolmesh_evaluation.metrics.intervals import estimate
from toolmesh_training.base_model import BaseModel, load_base
from toolmesh_training.layout import LayoutSettings, TokenSequence, lay_out
from toolmesh_training.learner import Learner
from toolmesh_training.packing import collate, pack
from toolmesh_training.train_run import HELD_OUT_FILE, TRAIN_FILE, TrainRun
from toolmesh_training.train_settings import Budget, TrainSettings
from toolmesh_training.training_text import LossWeights
from toolmesh_training.workers import Workers

CALL_WEIGHTS = {"all 1": 1.0, "calls 2": 2.0, "calls 4": 4.0}
SEEDS = (1, 2, 3)
# What a call's tokens weigh when the data is laid out, by which they are told from others.
LAID_OUT = LossWeights(text=1.0, call=2.0)
SETS = {
    "dialogues": ("action_em", "argument_f1", "abstention"),
    "bfcl_simple_python": ("accuracy",),
    "bfcl_irrelevance": ("abstention",),
}
ROW_TOKENS = 384
TOOLMESH = Path(sys.executable).with_name("toolmesh")
Figures = dict[str, tuple[float, float]]
Sequences = list[TokenSequence]


class Ablation:
    """The base and the data are read once, for all runs."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        torch.set_num_threads(options.threads or torch.get_num_threads())
        self._base = load_base()
        self._learned, self._held_out = self._laid_out(TRAIN_FILE), self._laid_out(HELD_OUT_FILE)

    def run(self, call_weight: float, seed: int, folder: Path) -> None:
        """Trains one adapter, measures it token by token, and exports it; nothing where that is done."""
        if (folder / "adapter").exists():
            return
        settings = self._settings(folder / "run", seed, LossWeights(text=1.0, call=call_weight))
        sequences = [reweighted(self._learned, call_weight), reweighted(self._held_out, call_weight)]
        training = TrainRun(settings, self._fresh_base(), *sequences, Workers(), resume=False)
        print(f"{folder.name}: {training.run().to_json()}", flush=True)
        self._measure(training.learner, folder)
        toolmesh("train", "export", settings.out, "--out", folder / "adapter", "--format", "gguf")

    def measure_base(self, folder: Path) -> None:
        """The same figures of the model without an adapter; one that has learned nothing changes nothing."""
        if not (folder / "tokens.json").exists():
            self._measure(Learner(self._fresh_base().model, self._settings(folder, 0, LAID_OUT), Workers()), folder)

    def _measure(self, learner: Learner, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        sample = random.Random(7).sample(self._held_out, min(self._options.held_out, len(self._held_out)))
        figures = token_figures(learner.model.eval(), sample)
        (folder / "tokens.json").write_text(json.dumps(figures))

    def _settings(self, out: Path, seed: int, weights: LossWeights) -> TrainSettings:
        return TrainSettings(
            data=self._options.data,
            out=out,
            layout=LayoutSettings(weights=weights, sequence_tokens=ROW_TOKENS),
            learning_rate=8e-4,
            rows_a_step=5,
            rows_a_pass=5,
            check_every=10_000,
            patience=0,
            seed=seed,
            budget=Budget(max_tokens=self._options.max_tokens),
        )

    def _fresh_base(self) -> BaseModel:
        return replace(self._base, model=copy.deepcopy(self._base.model))

    def _laid_out(self, name: str) -> Sequences:
        layout = LayoutSettings(weights=LAID_OUT, sequence_tokens=ROW_TOKENS)
        dialogues = read_dialogues(self._options.data / name)
        return lay_out(dialogues, self._base.chat, self._base.tokenise, layout).sequences


def reweighted(sequences: Sequences, call_weight: float) -> Sequences:
    """The same with another weight of call tokens."""
    return [
        replace(each, weights=tuple(call_weight if weight == LAID_OUT.call else weight for weight in each.weights))
        for each in sequences
    ]


@torch.no_grad()
def token_figures(model: Any, sequences: Sequences) -> Figures:
    """Mean and half the 95% interval's width: losses in nats a token, and exact sequences as a share."""
    found: dict[str, list[float]] = {"call loss": [], "other loss": [], "calls exact": [], "others exact": []}
    for row in pack(sequences, ROW_TOKENS, 0):
        # Rows of one length: each new shape costs more than its padding.
        batch = collate([row], sequences, ROW_TOKENS)
        inputs = {"input_ids": batch.ids, "position_ids": batch.positions, "attention_mask": batch.attend}
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(**inputs, use_cache=False).logits[0, batch.learned].float()
        losses = functional.cross_entropy(logits, batch.labels, reduction="none")
        right = logits.argmax(-1) == batch.labels
        start = 0
        for at in row.members:
            end = start + sum(weight > 0 for weight in sequences[at].weights[1:])
            is_call = batch.weights[start:end] == LAID_OUT.call
            for name, chosen in (("call", is_call), ("other", ~is_call)):
                if chosen.any():
                    found[f"{name} loss"].append(float(losses[start:end][chosen].mean()))
                    found[f"{name}s exact"].append(float(right[start:end][chosen].all()))
            start = end
    return {name: with_half_width(values) for name, values in found.items()}


def with_half_width(values: Sequence[float]) -> tuple[float, float]:
    """The mean of values and half the width of its 95% interval."""
    found = estimate(values, [str(at) for at in range(len(values))])
    return found.mean, (found.high - found.low) / 2


def through_controller(options: argparse.Namespace, adapter: str, folder: Path) -> Figures:
    """Each metric's mean and half the width of its interval."""
    figures: Figures = {}
    for name, metrics in SETS.items():
        out = folder / name
        if not (out / "summary.json").exists():
            data = ["--data", options.data / HELD_OUT_FILE] if name == "dialogues" else []
            toolmesh("eval", name, *data, "--adapter", adapter, "--limit", options.limit, "--out", out)
        found = json.loads((out / "summary.json").read_text())["figures"]["whole"]["metrics"]
        for metric in metrics:
            value = found[metric]
            figures[f"{name}: {metric}"] = (value["mean"], (value["high"] - value["low"]) / 2)
    return figures


def figures_of(options: argparse.Namespace, adapter: str, folder: Path) -> Figures:
    """All figures of one model."""
    tokens = json.loads((folder / "tokens.json").read_text())
    measured = through_controller(options, adapter, folder) if options.limit else {}
    return {name: tuple(value) for name, value in tokens.items()} | measured


def table(rows: dict[str, list[Figures]]) -> Iterator[str]:
    """Markdown: a line a metric, a column a kind of training."""
    yield "| metric | " + " | ".join(rows) + " |"
    yield "|---" * (len(rows) + 1) + "|"
    for metric in next(iter(rows.values()))[0]:
        yield (
            f"| {metric} | "
            + " | ".join(cell(metric, [each[metric] for each in seeds]) for seeds in rows.values())
            + " |"
        )


def cell(metric: str, found: Sequence[tuple[float, float]]) -> str:
    """A mean with its spread over seeds; losses in nats, the rest in percent."""
    scale, digits = (1, 3) if metric.endswith("loss") else (100, 1)
    means = [scale * mean for mean, _ in found]
    half = scale * statistics.mean(width for _, width in found)
    spread = f" ({min(means):.{digits}f} to {max(means):.{digits}f})" if len(means) > 1 else ""
    return f"{statistics.mean(means):.{digits}f}{spread} ± {half:.{digits}f}"


def toolmesh(*arguments: object) -> None:
    """Runs the command and stops with it where it fails."""
    print("$ toolmesh", *arguments, flush=True)
    subprocess.run([TOOLMESH, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    """Runs from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--max-tokens", type=int, default=100_000, help="of each training run")
    parser.add_argument("--held-out", type=int, default=320, help="sequences that are looked at token by token")
    parser.add_argument("--threads", type=int, default=0, help="of training; 0 is one a core")
    parser.add_argument("--limit", type=int, default=60, help="cases of each set of the controller; 0 leaves them out")
    options = parser.parse_args()
    runs = [(name, seed, options.out / f"{name.replace(' ', '-')}-{seed}") for seed in SEEDS for name in CALL_WEIGHTS]
    ablation = Ablation(options)
    for name, seed, folder in runs:
        ablation.run(CALL_WEIGHTS[name], seed, folder)
    ablation.measure_base(options.out / "base")
    rows = {"base": [figures_of(options, "none", options.out / "base")]}
    for name, _, folder in runs:
        rows.setdefault(name, []).append(figures_of(options, str(folder / "adapter" / "adapter.gguf"), folder))
    text = "\n".join(table(rows))
    (options.out / "table.md").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
