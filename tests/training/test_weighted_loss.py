"""The weighted loss against a calculation by hand, and its limits."""

import math

import pytest
import torch
from torch.nn import functional

from toolmesh_training.weighted_loss import weighted_lm_loss


def test_the_loss_is_the_sum_of_weight_times_surprise_over_the_sum_of_weights() -> None:
    shares = torch.tensor([[[0.5, 0.25, 0.25], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6], [1.0, 0.0, 0.0]]])
    labels = torch.tensor([[0, 1, 1, 2]])
    weights = torch.tensor([[9.0, 0.0, 1.0, 2.0]])
    by_hand = (1 * -math.log(0.8) + 2 * -math.log(0.6)) / 3
    assert weighted_lm_loss(shares.log(), labels, weights).item() == pytest.approx(by_hand, rel=1e-6)


def test_weights_all_one_are_cross_entropy() -> None:
    torch.manual_seed(0)
    logits, labels = torch.randn(3, 7, 11), torch.randint(0, 11, (3, 7))
    plain = functional.cross_entropy(logits[:, :-1].reshape(-1, 11), labels[:, 1:].reshape(-1))
    assert torch.allclose(weighted_lm_loss(logits, labels, torch.ones(3, 7)), plain)


def test_a_token_of_weight_zero_gives_no_gradient() -> None:
    torch.manual_seed(0)
    logits = torch.randn(1, 5, 11, requires_grad=True)
    weights = torch.tensor([[0.0, 1.0, 0.0, 2.0, 0.0]])
    weighted_lm_loss(logits, torch.randint(0, 11, (1, 5)), weights).backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    touched = logits.grad.abs().sum(-1)[0] > 0
    assert touched.tolist() == [True, False, True, False, False]


def test_nothing_to_learn_is_refused() -> None:
    with pytest.raises(ValueError, match="all weights are 0"):
        weighted_lm_loss(torch.randn(1, 3, 5), torch.zeros(1, 3, dtype=torch.long), torch.zeros(1, 3))
