"""A tiny random model, a tokenizer-free base, and dialogues small enough to train on in a second."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from toolmesh_training.base_model import BaseModel, load_base
from toolmesh_training.layout import LayoutSettings, TokenSequence
from toolmesh_training.train_settings import Budget, TrainSettings


@pytest.fixture
def tiny_model() -> LlamaForCausalLM:
    return new_tiny_model()


@pytest.fixture
def new_model() -> Any:
    return new_tiny_model


def new_tiny_model() -> LlamaForCausalLM:
    torch.manual_seed(3)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=64,
            hidden_size=32,
            intermediate_size=48,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
        )
    )


@pytest.fixture
def sequences() -> list[TokenSequence]:
    draw = torch.Generator().manual_seed(5)
    found = []
    for _ in range(24):
        size = int(torch.randint(4, 16, (1,), generator=draw))
        ids = torch.randint(1, 64, (size,), generator=draw).tolist()
        weights = [0.0, 0.0, *([1.0, 2.0] * size)][:size]
        found.append(TokenSequence(tuple(ids), tuple(weights)))
    return found


@pytest.fixture
def settings(tmp_path: Path) -> TrainSettings:
    return TrainSettings(
        data=tmp_path / "data",
        out=tmp_path / "run",
        layout=LayoutSettings(sequence_tokens=32),
        lora_rank=4,
        learning_rate=1e-2,
        rows_a_step=2,
        bf16=False,
        check_every=2,
        checkpoint_every=3,
        patience=0,
        budget=Budget(max_steps=6),
    )


@pytest.fixture(scope="session")
def smollm2() -> BaseModel:
    """The packaged model, read out of its GGUF once."""
    return load_base()
