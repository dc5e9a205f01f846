"""One step over many rows is the same as many small passes; packed rows are the same as single sequences."""

import shutil
from dataclasses import replace
from typing import Any

import pytest
import torch

from toolmesh_training.layout import TokenSequence
from toolmesh_training.learner import Learner, rate_at
from toolmesh_training.packing import Row, collate, pack
from toolmesh_training.train_settings import TrainSettings
from toolmesh_training.weighted_loss import weighted_lm_loss
from toolmesh_training.workers import Workers


def test_a_batch_of_eight_steps_as_eight_of_one(
    new_model: Any, settings: TrainSettings, sequences: list[TokenSequence]
) -> None:
    total = sum(sum(each.weights[1:]) for each in sequences[:8])
    rows = [Row((at,)) for at in range(8)]
    whole = Learner(new_model(), replace(settings, lora_rank=0), Workers())
    single = Learner(new_model(), replace(settings, lora_rank=0), Workers())
    loss = whole.step([collate(rows, sequences)], total, 0.5)
    assert loss == pytest.approx(single.step([collate([row], sequences) for row in rows], total, 0.5), rel=1e-5)
    for name, weight in whole.weights().items():
        assert torch.allclose(weight, single.weights()[name], atol=2e-5), name


def test_packed_sequences_have_the_loss_they_have_alone(
    tiny_model: Any, settings: TrainSettings, sequences: list[TokenSequence]
) -> None:
    learner = Learner(tiny_model, settings, Workers())
    rows = pack(sequences, 32, seed=1)
    assert len(rows) < len(sequences)
    assert sorted(at for row in rows for at in row.members) == list(range(len(sequences)))
    packed = learner.summed_loss(collate(rows, sequences))
    alone = sum(learner.summed_loss(collate([Row((at,))], sequences)) for at in range(len(sequences)))
    assert torch.allclose(packed, torch.as_tensor(alone), rtol=1e-5)


def test_the_loss_of_chosen_tokens_is_the_documented_loss(
    tiny_model: Any, settings: TrainSettings, sequences: list[TokenSequence]
) -> None:
    one = sequences[0]
    learner = Learner(tiny_model, settings, Workers())
    ids, weights = torch.tensor([one.ids]), torch.tensor([one.weights])
    summed = learner.summed_loss(collate([Row((0,))], sequences))
    assert torch.allclose(
        summed / sum(one.weights[1:]), weighted_lm_loss(learner.model(input_ids=ids).logits, ids, weights), rtol=1e-5
    )


def test_padding_to_a_fixed_length_changes_no_loss(
    tiny_model: Any, settings: TrainSettings, sequences: list[TokenSequence]
) -> None:
    learner = Learner(tiny_model, settings, Workers())
    rows = pack(sequences, 32, seed=1)[:3]
    padded = collate(rows, sequences, 48)
    assert padded.ids.shape == (3, 48)
    assert len(padded.labels) % 64 == 0
    assert torch.allclose(learner.summed_loss(padded), learner.summed_loss(collate(rows, sequences)), rtol=1e-5)


def test_the_base_in_bfloat16_has_nearly_the_same_loss(
    new_model: Any, settings: TrainSettings, sequences: list[TokenSequence]
) -> None:
    batch = collate(pack(sequences, 32, seed=1), sequences, 32)
    exact = Learner(new_model(), settings, Workers()).summed_loss(batch)
    short = Learner(new_model(), replace(settings, bf16=True), Workers())
    assert {each.dtype for each in short.model.parameters()} == {torch.bfloat16, torch.float32}
    assert torch.allclose(short.summed_loss(batch), exact, rtol=0.02)


@pytest.mark.timeout(180)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_compiled_layers_step_as_plain_ones(
    new_model: Any, settings: TrainSettings, sequences: list[TokenSequence]
) -> None:
    if shutil.which("g++") is None:
        pytest.fail("compiled training needs a C++ compiler: apt-get install g++")
    batch = collate(pack(sequences, 32, seed=1), sequences, 32)
    total = float(batch.weights.sum())
    plain = Learner(new_model(), settings, Workers())
    compiled = Learner(new_model(), replace(settings, compiled=True), Workers())
    for _ in range(2):
        assert compiled.step([batch], total, 0.5) == pytest.approx(plain.step([batch], total, 0.5), rel=1e-3)


def test_only_the_adapter_learns(tiny_model: Any, settings: TrainSettings, sequences: list[TokenSequence]) -> None:
    learner = Learner(tiny_model, settings, Workers())
    before = {name: each.detach().clone() for name, each in learner.model.named_parameters()}
    learner.step([collate([Row((0,)), Row((1,))], sequences)], 10.0, 0.5)
    changed = {name for name, each in learner.model.named_parameters() if not torch.equal(each, before[name])}
    assert changed
    assert all("lora_" in name for name in changed)


def test_the_rate_rises_then_falls_to_a_tenth(settings: TrainSettings) -> None:
    assert rate_at(0.015, settings) == pytest.approx(settings.rate / 2)
    assert rate_at(0.03, settings) == pytest.approx(settings.rate)
    assert rate_at(1.0, settings) == pytest.approx(settings.rate / 10)
