"""A run that is stopped and resumed ends as one that was not; what it writes; how it ends early."""

import json
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import LlamaForCausalLM

from toolmesh_core.errors import FailedPrecondition, InvalidInput
from toolmesh_training.layout import TokenSequence
from toolmesh_training.ray_train import train_by_ray
from toolmesh_training.train_run import Outcome, TrainRun, check_data
from toolmesh_training.train_settings import Budget, TrainSettings, check_same_run
from toolmesh_training.workers import Workers


class NoTokenizer:
    def save_pretrained(self, folder: Path) -> None:
        assert folder.is_dir()


@dataclass
class TinyBase:
    model: Any
    tokenizer: Any = None

    def __post_init__(self) -> None:
        self.tokenizer = NoTokenizer()


def _run(
    model: Any, settings: TrainSettings, sequences: list[TokenSequence], *, resume: bool = False
) -> tuple[Outcome, dict[str, Any]]:
    run = TrainRun(settings, TinyBase(model), sequences, sequences[:6], Workers(), resume=resume)  # type: ignore[arg-type]
    outcome = run.run()
    return outcome, torch.load(settings.out / "checkpoint.pt", weights_only=True)


def test_resumed_equals_not_stopped_to_the_bit(
    new_model: Any, settings: TrainSettings, sequences: list[TokenSequence], tmp_path: Path
) -> None:
    whole, end = _run(new_model(), replace(settings, out=tmp_path / "whole", warmup_share=0.0), sequences)
    # The first sitting knows the whole budget, and is cut off by an error in the middle.
    stopped = replace(settings, out=tmp_path / "stopped", warmup_share=0.0)
    first = TrainRun(stopped, TinyBase(new_model()), sequences, sequences[:6], Workers(), resume=False)  # type: ignore[arg-type]

    def stop(progress: Any) -> None:
        if progress.step == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        first.run(stop)
    resumed, resumed_end = _run(new_model(), stopped, sequences, resume=True)
    assert (resumed.steps, resumed.tokens, resumed.held_out_loss) == (whole.steps, whole.tokens, whole.held_out_loss)
    for name, weight in end["weights"].items():
        assert torch.equal(weight, resumed_end["weights"][name]), name
    lines = [(tmp_path / name / "metrics.jsonl").read_text() for name in ("whole", "stopped")]
    assert lines[0] == lines[1]


def test_a_run_leaves_config_metrics_curves_and_the_result(
    tiny_model: Any, settings: TrainSettings, sequences: list[TokenSequence]
) -> None:
    outcome, _ = _run(tiny_model, replace(settings, budget=Budget(max_steps=30)), sequences)
    assert outcome.held_out_loss < outcome.held_out_loss_before
    assert json.loads((settings.out / "config.json").read_text())["seed"] == 7
    assert (settings.out / "curves.png").read_bytes()[:4] == b"\x89PNG"
    assert (settings.out / "trained" / "adapter_model.safetensors").is_file()


def test_no_gain_on_held_out_data_ends_the_run(
    tiny_model: Any, settings: TrainSettings, sequences: list[TokenSequence]
) -> None:
    patient = replace(settings, learning_rate=1e-12, patience=2, check_every=1, budget=Budget(max_steps=40))
    outcome, _ = _run(tiny_model, patient, sequences)
    assert outcome.stopped_early
    assert outcome.steps < 40


def test_other_settings_are_refused_when_resuming(
    tiny_model: Any, settings: TrainSettings, sequences: list[TokenSequence]
) -> None:
    _run(tiny_model, settings, sequences)
    check_same_run(replace(settings, budget=Budget(max_steps=99)))
    with pytest.raises(InvalidInput, match="seed: 7 -> 8"):
        check_same_run(replace(settings, seed=8))


def test_all_weights_are_saved_as_a_model_of_transformers(
    tiny_model: Any, settings: TrainSettings, sequences: list[TokenSequence]
) -> None:
    _run(tiny_model, replace(settings, lora_rank=0, budget=Budget(max_steps=2)), sequences)
    saved = LlamaForCausalLM.from_pretrained(settings.out / "trained")
    for name, weight in saved.state_dict().items():
        assert torch.equal(weight, tiny_model.state_dict()[name]), name


def test_ray_is_an_extra_that_is_named_where_it_is_missing(settings: TrainSettings) -> None:
    if find_spec("ray"):
        pytest.skip("ray is installed")
    with pytest.raises(FailedPrecondition, match="toolmesh-training"):
        train_by_ray(settings, 2, resume=False)


def test_without_data_the_command_that_makes_it_is_named(settings: TrainSettings) -> None:
    with pytest.raises(InvalidInput, match="toolmesh data build"):
        check_data(settings)
