"""A run's state on disk: enough to go on as if it had never stopped."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from toolmesh_core.errors import InvalidInput
from toolmesh_training.learner import Learner

CHECKPOINT_FILE = "checkpoint.pt"


@dataclass(slots=True)
class Position:
    """Where a run stands.

    Attributes:
        row: the next row of this pass over the data.
        seconds: of computing, all sittings together.
        best: the lowest held-out loss so far.
        stale: looks at held-out data since then.
    """

    step: int = 0
    epoch: int = 0
    row: int = 0
    tokens: int = 0
    seconds: float = 0.0
    best: float = float("inf")
    stale: int = 0


def save_checkpoint(
    run: Path, learner: Learner, position: Position, best_weights: dict[str, torch.Tensor] | None
) -> None:
    """Writes the state; the file before it stays until the new one is whole."""
    state = {
        "position": asdict(position),
        "weights": learner.weights(),
        "best_weights": best_weights,
        "optimiser": learner.optimiser.state_dict(),
        "random": torch.get_rng_state(),
    }
    unfinished = run / f"{CHECKPOINT_FILE}.part"
    torch.save(state, unfinished)
    unfinished.replace(run / CHECKPOINT_FILE)


def load_checkpoint(run: Path, learner: Learner) -> tuple[Position, dict[str, torch.Tensor] | None]:
    """Puts the state back. Raises InvalidInput where the run has none, or it is broken."""
    path = run / CHECKPOINT_FILE
    try:
        state: dict[str, Any] = torch.load(path, weights_only=True)
    except FileNotFoundError as error:
        raise InvalidInput(f"{run} has no {CHECKPOINT_FILE}: begin without --resume") from error
    except (OSError, RuntimeError, EOFError) as error:
        raise InvalidInput(f"{path} is broken ({error}): begin anew without --resume") from error
    learner.load_weights(state["weights"])
    learner.optimiser.load_state_dict(state["optimiser"])
    torch.set_rng_state(state["random"])
    return Position(**state["position"]), state["best_weights"]
