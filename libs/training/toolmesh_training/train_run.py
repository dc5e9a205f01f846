"""A training run: steps until the budget is spent or held-out data gets no better; checkpoints, metrics, the result."""

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from toolmesh_core.errors import InvalidInput
from toolmesh_dialogues.dialogue_file import read_dialogues
from toolmesh_training.base_model import BaseModel, load_base
from toolmesh_training.checkpoint import CHECKPOINT_FILE, Position, load_checkpoint, save_checkpoint
from toolmesh_training.data_order import DataOrder
from toolmesh_training.layout import LaidOut, TokenSequence, lay_out
from toolmesh_training.learner import Learner
from toolmesh_training.packing import Row, collate, pack
from toolmesh_training.run_folder import RunFolder
from toolmesh_training.train_settings import TrainSettings, check_same_run, write_config
from toolmesh_training.workers import Workers

TRAINED_FOLDER = "trained"
TRAIN_FILE, HELD_OUT_FILE = "train.jsonl", "held_out.jsonl"
_SHOWN_DIGITS = 5
_CURVES_EVERY_S = 60.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is; `seconds_left` is None until it can be told."""

    step: int
    tokens: int
    spent: float
    loss: float
    held_out_loss: float | None
    tokens_per_s: float
    seconds_left: float | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended; the losses are nats a weighted token."""

    steps: int
    tokens: int
    epochs: float
    seconds: float
    held_out_loss: float
    held_out_loss_before: float
    stopped_early: bool

    def to_json(self) -> dict[str, Any]:
        """For machines."""
        return {name: getattr(self, name) for name in self.__slots__}


def train(
    settings: TrainSettings,
    *,
    resume: bool = False,
    workers: Workers | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
    on_message: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Trains on settings.data and leaves the result in settings.out / "trained".

    Raises:
        InvalidInput: the data, the base, or what a run is resumed from is not right.
    """
    _check_folder(settings, resume=resume)
    check_data(settings)
    torch.set_num_threads(settings.threads or torch.get_num_threads())
    on_message("loading the base model")
    base = load_base(settings.base)
    on_message("laying out the data")
    learned, held_out = (_laid_out(settings, base, name) for name in (TRAIN_FILE, HELD_OUT_FILE))
    for name, data in (("train", learned), ("held out", held_out)):
        on_message(f"{name}: {_described(data)}")
    run = TrainRun(settings, base, learned.sequences, held_out.sequences, workers or Workers(), resume=resume)
    return run.run(on_progress)


class TrainRun:
    """One run over sequences that are laid out already."""

    def __init__(
        self,
        settings: TrainSettings,
        base: BaseModel,
        learned: Sequence[TokenSequence],
        held_out: Sequence[TokenSequence],
        workers: Workers,
        *,
        resume: bool,
    ) -> None:
        self._settings = settings
        self._base = base
        self._workers = workers
        self._learned = learned
        self._order = DataOrder(learned, settings.layout.sequence_tokens, settings.seed)
        rows = pack(held_out, settings.layout.sequence_tokens, 0)[: settings.held_out_rows]
        tokens = settings.layout.sequence_tokens
        self._held_out = [collate(part, held_out, tokens) for part in _parts(rows, settings.rows_a_pass)]
        self._learner = Learner(base.model, settings, workers)
        self._position = Position()
        self._best_weights: dict[str, torch.Tensor] | None = None
        if resume:
            self._position, self._best_weights = load_checkpoint(settings.out, self._learner)
        self._folder = RunFolder(settings.out, self._position.step) if workers.rank == 0 else None
        if self._folder:
            write_config(settings)
        self._last_held_out: float | None = None
        self._drawn_at = 0.0

    @property
    def learner(self) -> Learner:
        """The model in training."""
        return self._learner

    def run(self, on_progress: Callable[[Progress], None] = lambda _: None) -> Outcome:
        """Trains to the end, and saves the weights that did best on held-out data."""
        position = self._position
        before = self._loss_before()
        began = time.monotonic() - position.seconds
        tokens_before, seconds_before = position.tokens, position.seconds
        stopped_early = False
        while (spent := self._spent()) < 1.0 and not stopped_early:
            loss = self._step(spent)
            position.seconds = time.monotonic() - began
            if position.step % self._settings.check_every == 0:
                self._look()
                stopped_early = 0 < self._settings.patience <= position.stale
                position.seconds = time.monotonic() - began
            if position.step % self._settings.checkpoint_every == 0:
                self._save()
            speed = (position.tokens - tokens_before) / max(position.seconds - seconds_before, 1e-9)
            on_progress(self._progress(loss, speed))
        if position.step % self._settings.check_every:
            self._look()
        self._finish()
        return Outcome(
            position.step,
            position.tokens,
            self._order.epochs(position),
            position.seconds,
            position.best,
            before,
            stopped_early,
        )

    def _step(self, spent: float) -> float:
        rows = self._order.take(self._position, self._settings.rows_a_step)
        total = sum(_weight(self._learned[at]) for row in rows for at in row.members)
        tokens = sum(len(self._learned[at].ids) for row in rows for at in row.members)
        mine = rows[self._workers.rank :: self._workers.count]
        row_tokens = self._settings.layout.sequence_tokens
        batches = [collate(part, self._learned, row_tokens) for part in _parts(mine, self._settings.rows_a_pass)]
        loss = self._learner.step(batches, total, spent)
        self._position.step += 1
        self._position.tokens += tokens
        self._write(loss=round(loss, _SHOWN_DIGITS), tokens=self._position.tokens, spent=round(spent, _SHOWN_DIGITS))
        return loss

    def _look(self) -> None:
        """Looks at held-out data and remembers the weights where they are the best so far."""
        loss = self._workers.first_says(self._learner.held_out_loss(self._held_out))
        self._last_held_out = loss
        position = self._position
        position.stale += 1
        if loss < position.best:
            position.best, position.stale = loss, 0
            self._best_weights = self._learner.weights()
        self._write(held_out_loss=round(loss, _SHOWN_DIGITS))
        if self._folder and time.monotonic() - self._drawn_at > _CURVES_EVERY_S:
            self._folder.draw_curves()
            self._drawn_at = time.monotonic()

    def _loss_before(self) -> float:
        if self._position.step and self._folder:
            return float(self._folder.metrics()[0]["held_out_loss"])
        loss = self._workers.first_says(self._learner.held_out_loss(self._held_out))
        self._write(held_out_loss=round(loss, _SHOWN_DIGITS))
        return loss

    def _spent(self) -> float:
        position = self._position
        share = self._settings.budget.spent(
            self._order.epochs(position), position.step, position.tokens, position.seconds / 60
        )
        return self._workers.first_says(share)

    def _progress(self, loss: float, speed: float) -> Progress:
        position = self._position
        spent = self._spent()
        left = position.seconds / spent * (1 - spent) if spent > 0 else None
        return Progress(position.step, position.tokens, spent, loss, self._last_held_out, speed, left)

    def _write(self, **values: float) -> None:
        if self._folder:
            self._folder.write(step=self._position.step, **values)

    def _save(self) -> None:
        if self._folder:
            save_checkpoint(self._settings.out, self._learner, self._position, self._best_weights)

    def _finish(self) -> None:
        self._save()
        if not self._folder:
            return
        last = self._learner.weights()
        self._learner.load_weights(self._best_weights or last)
        trained = self._settings.out / TRAINED_FOLDER
        self._learner.save(trained)
        self._base.tokenizer.save_pretrained(trained)
        self._learner.load_weights(last)
        self._folder.draw_curves()


def _check_folder(settings: TrainSettings, *, resume: bool) -> None:
    begun = (settings.out / CHECKPOINT_FILE).exists()
    if resume:
        check_same_run(settings)
    elif begun:
        raise InvalidInput(f"{settings.out} holds a run already: go on with --resume, or give another --out")


def check_data(settings: TrainSettings) -> None:
    """Raises InvalidInput where a file of the data is missing, before the base model is loaded."""
    for name in (TRAIN_FILE, HELD_OUT_FILE):
        if not (settings.data / name).is_file():
            raise InvalidInput(
                f"{settings.data / name} does not exist; make it with `toolmesh data build --out {settings.data}`"
            )


def _laid_out(settings: TrainSettings, base: BaseModel, name: str) -> LaidOut:
    path = settings.data / name
    dialogues = read_dialogues(path)
    # Held-out rows are few, so that most of that file need not be laid out.
    most = settings.held_out_rows * 16 if name == HELD_OUT_FILE else None
    return lay_out(itertools.islice(dialogues, most), base.chat, base.tokenise, settings.layout)


def _described(data: LaidOut) -> str:
    parts = ", ".join(f"{count} {what}" for what, count in sorted(data.teaches.items()))
    left_out = f"; {data.too_long} too long and left out" if data.too_long else ""
    return f"{len(data.sequences)} sequences of {data.tokens} tokens ({parts}){left_out}"


def _weight(sequence: TokenSequence) -> float:
    return sum(sequence.weights[1:])


def _parts(rows: Sequence[Row], size: int) -> list[Sequence[Row]]:
    return [rows[at : at + size] for at in range(0, len(rows), size)]


def run_trained_folder(run: Path) -> Path:
    """Where a run's result lies. Raises InvalidInput where it is not finished."""
    folder = run / TRAINED_FOLDER
    if not folder.is_dir():
        raise InvalidInput(f"{run} has no result yet: finish it with --resume")
    return folder
