"""Everything that decides a training run, and how it is written beside its result."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from toolmesh_core.errors import InvalidInput
from toolmesh_training.layout import LayoutSettings

CONFIG_FILE = "config.json"
LORA_TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
# May differ when a run is taken up again: they say when to stop and how fast to compute, not what is computed.
_MAY_CHANGE = {"budget", "threads", "rows_a_pass", "compiled", "checkpoint_every", "out"}


@dataclass(frozen=True, slots=True)
class Budget:
    """When to stop at the latest; the first one reached counts. None is no bound."""

    epochs: float | None = None
    max_steps: int | None = None
    max_tokens: int | None = None
    max_minutes: float | None = None

    def spent(self, epochs: float, steps: int, tokens: int, minutes: float) -> float:
        """The share of the budget that is spent, 0 to 1."""
        pairs = (
            (epochs, self.epochs),
            (steps, self.max_steps),
            (tokens, self.max_tokens),
            (minutes, self.max_minutes),
        )
        return min(1.0, max((used / most for used, most in pairs if most), default=epochs))


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """Defaults are for a model of about 100 million parameters on two CPU cores.

    Attributes:
        data: folder with train.jsonl and held_out.jsonl.
        out: the run folder.
        base: a GGUF file or a folder of transformers; None is the packaged model.
        lora_rank: 0 trains all weights.
        learning_rate: at its height; None is 2e-4 for LoRA and 2e-5 for all weights.
        warmup_share: of the budget, in which the rate rises; after it, it falls along a cosine to a tenth.
        rows_a_step: packed rows of `layout.sequence_tokens` tokens in one step of the optimiser.
        rows_a_pass: rows computed at once; only speed and memory depend on it.
        bf16: matrix products in bfloat16 where the CPU has it; weights and sums stay in float32.
        check_every: steps between looks at the held-out data.
        patience: how many such looks without a better loss end the run; 0 never.
        held_out_rows: rows of held-out data that are looked at.
        compiled: by torch.compile: half a minute at the start for steps that take a quarter less time; it needs a C++
            compiler.
        threads: 0 takes what torch thinks right: one a core.
    """

    data: Path
    out: Path
    base: Path | None = None
    layout: LayoutSettings = field(default_factory=LayoutSettings)
    lora_rank: int = 16
    lora_alpha: int = 32
    learning_rate: float | None = None
    warmup_share: float = 0.03
    rows_a_step: int = 8
    rows_a_pass: int = 4
    bf16: bool = True
    compiled: bool = False
    check_every: int = 50
    checkpoint_every: int = 50
    patience: int = 5
    held_out_rows: int = 24
    threads: int = 0
    seed: int = 7
    budget: Budget = field(default_factory=lambda: Budget(epochs=1.0))

    @property
    def rate(self) -> float:
        """The learning rate at its height."""
        return self.learning_rate or (2e-4 if self.lora_rank else 2e-5)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, paths as text."""
        return json.loads(json.dumps(asdict(self), default=str))  # type: ignore[no-any-return]


def write_config(settings: TrainSettings) -> None:
    """Writes config.json in the run folder, which is made where it is missing."""
    settings.out.mkdir(parents=True, exist_ok=True)
    (settings.out / CONFIG_FILE).write_text(json.dumps(settings.to_json(), indent=2) + "\n", encoding="utf-8")


def read_config(run: Path) -> dict[str, Any]:
    """The settings of a run. Raises InvalidInput where the folder is no run."""
    try:
        return json.loads((run / CONFIG_FILE).read_text(encoding="utf-8"))  # type: ignore[no-any-return]
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{run} is no training run ({error}); give the folder of `toolmesh train --out`") from error


def check_same_run(settings: TrainSettings) -> None:
    """Raises InvalidInput where a run would go on under other settings than it began with."""
    before, now = read_config(settings.out), settings.to_json()
    changed = [
        f"{name}: {before.get(name)!r} -> {value!r}"
        for name, value in now.items()
        if name not in _MAY_CHANGE and before.get(name) != value
    ]
    if changed:
        raise InvalidInput(
            f"run {settings.out} began with other settings ({'; '.join(changed)}); resume with the same, or begin anew"
        )
