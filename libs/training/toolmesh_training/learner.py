"""The model in training: its trainable weights, the loss of a batch, one step of the optimiser."""

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from torch import Tensor

from toolmesh_training.packing import Batch
from toolmesh_training.train_settings import LORA_TARGETS, TrainSettings
from toolmesh_training.weighted_loss import weighted_sum
from toolmesh_training.workers import Workers

_LARGEST_GRADIENT = 1.0
_LOWEST_RATE_SHARE = 0.1


class Learner:
    """A causal language model with a LoRA adapter on it, or all of its weights, and AdamW.

    Args:
        model: of transformers, in float32; it is changed.
    """

    def __init__(self, model: Any, settings: TrainSettings, workers: Workers) -> None:
        torch.manual_seed(settings.seed)
        self._settings = settings
        self._workers = workers
        self.model = _with_adapter(model, settings) if settings.lora_rank else model
        if settings.lora_rank and settings.bf16:
            _keep_base_in_bf16(self.model)
        if settings.compiled:
            _compile_layers(self._causal)
        self.model.train()
        self.optimiser = torch.optim.AdamW(self._trainable(), lr=settings.rate, weight_decay=0.0)

    def step(self, batches: Sequence[Batch], total_weight: float, spent: float) -> float:
        """One step; returns the loss, nats a weighted token.

        Args:
            batches: this worker's part of the step.
            total_weight: of all tokens of the step, all workers' together.
            spent: share of the budget, for the learning rate.
        """
        loss = torch.zeros(())
        for batch in batches:
            part = self.summed_loss(batch) / total_weight
            part.backward()  # type: ignore[no-untyped-call]
            loss += part.detach()
        trainable = list(self._trainable())
        self._workers.sum_over_all([loss, *(_gradient(each) for each in trainable)])
        torch.nn.utils.clip_grad_norm_(trainable, _LARGEST_GRADIENT)
        for group in self.optimiser.param_groups:
            group["lr"] = rate_at(spent, self._settings)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        return float(loss)

    def summed_loss(self, batch: Batch) -> Tensor:
        """The sum of weighted losses of a batch; only tokens that are learned go through the output layer."""
        if not len(batch.labels):
            return torch.zeros((), requires_grad=True)
        causal = self._causal
        with self._precision():
            hidden = causal.base_model(
                input_ids=batch.ids, position_ids=batch.positions, attention_mask=batch.attend, use_cache=False
            ).last_hidden_state
            logits = causal.get_output_embeddings()(hidden.flatten(0, 1)[batch.learned])
        return weighted_sum(logits, batch.labels, batch.weights)

    def held_out_loss(self, batches: Sequence[Batch]) -> float:
        """Nats a weighted token over batches that are not learned."""
        self.model.eval()
        with torch.no_grad():
            total = sum(float(self.summed_loss(batch)) for batch in batches)
        self.model.train()
        return total / sum(float(batch.weights.sum()) for batch in batches)

    def weights(self) -> dict[str, Tensor]:
        """What is trained, as copies."""
        state = self.model.state_dict()
        if self._settings.lora_rank:
            state = get_peft_model_state_dict(self.model, save_embedding_layers=False)
        return {name: value.detach().clone() for name, value in state.items()}

    def load_weights(self, weights: Mapping[str, Tensor]) -> None:
        """Puts weights of `weights()` back."""
        if self._settings.lora_rank:
            set_peft_model_state_dict(self.model, dict(weights))
        else:
            self.model.load_state_dict(weights)

    def save(self, folder: Path) -> None:
        """Writes an adapter as PEFT does, or the whole model as transformers does."""
        if self._settings.lora_rank:
            self.model.save_pretrained(folder, save_embedding_layers=False)
        else:
            self.model.save_pretrained(folder)

    @property
    def _causal(self) -> Any:
        return self.model.get_base_model() if self._settings.lora_rank else self.model

    def _trainable(self) -> Iterator[Tensor]:
        return (each for each in self.model.parameters() if each.requires_grad)

    def _precision(self) -> AbstractContextManager[Any]:
        return torch.autocast("cpu", torch.bfloat16, enabled=self._settings.bf16)


def rate_at(spent: float, settings: TrainSettings) -> float:
    """The learning rate at a share of the budget: a straight rise, then a cosine down to a tenth."""
    if spent < settings.warmup_share:
        return settings.rate * max(spent / settings.warmup_share, 0.02)
    left = 0.5 * (1 + math.cos(math.pi * (spent - settings.warmup_share) / max(1 - settings.warmup_share, 1e-9)))
    return settings.rate * (_LOWEST_RATE_SHARE + (1 - _LOWEST_RATE_SHARE) * left)


def _with_adapter(model: Any, settings: TrainSettings) -> Any:
    config = LoraConfig(
        r=settings.lora_rank,
        lora_alpha=settings.lora_alpha,
        lora_dropout=0.0,
        target_modules=list(LORA_TARGETS),
        task_type="CAUSAL_LM",
    )
    with warnings.catch_warnings():
        # peft asks transformers for a property under its older name.
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
        return get_peft_model(model, config)


def _compile_layers(model: Any) -> None:
    """Each layer as one piece of native code, so that what stands between its matrix products costs less."""
    for layer in model.base_model.layers:
        layer.compile(dynamic=False)


def _keep_base_in_bf16(model: Any) -> None:
    """The frozen weights and all that runs between layers in bfloat16, the adapter's own weights in float32: without
    the conversions at every layer a step takes two thirds of the time."""
    for weight in model.parameters():
        if not weight.requires_grad:
            weight.data = weight.data.to(torch.bfloat16)
    for layer in model.modules():
        if hasattr(layer, "lora_A"):
            layer.cast_input_dtype_enabled = False


def _gradient(weight: Tensor) -> Tensor:
    # A worker whose part of a step was empty adds nothing.
    if weight.grad is None:
        weight.grad = torch.zeros_like(weight)
    return weight.grad
