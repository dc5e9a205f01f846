"""The weighted language-model loss of ModelScope-Agent (arXiv 2309.00986, section 3.2)."""

import torch
from torch import Tensor
from torch.nn import functional


def weighted_lm_loss(logits: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """The weighted loss of whole sequences: each token's logits are those of the position before it.

    The paper multiplies each token's loss by its weight and leaves open what the sum is divided by. Here it is the sum
    of the weights: then weights all 1 give cross-entropy, and doubling all weights changes nothing.

    Args:
        logits: [batch, time, vocab], unshifted.
        labels: [batch, time] token ids.
        weights: [batch, time], 0 = ignored, 1 = plain text, 2 = text of a tool call. A sequence's first token is
            predicted by nothing, so its weight is not looked at.

    Returns:
        Scalar, nats a weighted token. Raises ValueError where all weights are 0.
    """
    told = weights[:, 1:].reshape(-1)
    if not bool((told > 0).any()):
        raise ValueError("all weights are 0: nothing in this batch is to be learned")
    summed = weighted_sum(logits[:, :-1].flatten(0, 1), labels[:, 1:].reshape(-1), told)
    return summed / told.to(summed.dtype).sum()


def weighted_sum(logits: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """The sum over tokens of weight x cross-entropy, for logits and labels that stand beside each other.

    Dividing it by the weights of a whole optimiser step makes accumulation the same as one large batch.

    Args:
        logits: [tokens, vocab].
        labels: [tokens].
        weights: [tokens].
    """
    losses = functional.cross_entropy(logits.float(), labels, reduction="none")
    return (losses * weights.to(torch.float32)).sum()
