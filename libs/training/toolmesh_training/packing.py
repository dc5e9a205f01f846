"""Several sequences in one row of tokens. They do not see each other: positions start anew, and attention is masked
to blocks, so that a packed row gives the same loss as its sequences one by one."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from toolmesh_training.layout import TokenSequence

_PADDING = 0
_LEARNED_MULTIPLE = 64


@dataclass(frozen=True, slots=True)
class Row:
    """The sequences of one row, by their index."""

    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows as tensors.

    Attributes:
        ids, positions: [rows, time].
        attend: [rows, 1, time, time], whether a token may look at another.
        learned: [n] places in the flattened [rows * time] whose next token is learned.
        labels, weights: [n] those next tokens and their weights.
        tokens: how many are no padding.
    """

    ids: Tensor
    positions: Tensor
    attend: Tensor
    learned: Tensor
    labels: Tensor
    weights: Tensor
    tokens: int


def pack(sequences: Sequence[TokenSequence], row_tokens: int, seed: int) -> list[Row]:
    """All sequences in rows of at most `row_tokens`, in an order drawn by the seed. Each goes into the first of the
    open rows with room; a row that has waited for long is closed, so that the order stays near the draw."""
    order = list(range(len(sequences)))
    random.Random(seed).shuffle(order)
    closed: list[Row] = []
    open_rows: list[tuple[int, list[int]]] = []
    for at in order:
        size = len(sequences[at].ids)
        place = next((i for i, (used, _) in enumerate(open_rows) if used + size <= row_tokens), None)
        if place is None:
            open_rows.append((size, [at]))
        else:
            used, members = open_rows[place]
            members.append(at)
            open_rows[place] = (used + size, members)
        if len(open_rows) > _OPEN_ROWS:
            closed.append(Row(tuple(open_rows.pop(0)[1])))
    return closed + [Row(tuple(members)) for _, members in open_rows]


_OPEN_ROWS = 16


def collate(rows: Sequence[Row], sequences: Sequence[TokenSequence], row_tokens: int = 0) -> Batch:
    """Rows of one length, padded at the end.

    Args:
        row_tokens: the length, at least; batches of one shape are computed faster than ones that all differ.
    """
    laid = [[sequences[at] for at in row.members] for row in rows]
    time = max(row_tokens, *(sum(len(each.ids) for each in row) for row in laid))
    ids = torch.full((len(rows), time), _PADDING)
    positions = torch.zeros((len(rows), time), dtype=torch.long)
    block = torch.full((len(rows), time), -1)
    learned: list[int] = []
    labels: list[int] = []
    weights: list[float] = []
    for number, row in enumerate(laid):
        start = 0
        for member, each in enumerate(row):
            end = start + len(each.ids)
            ids[number, start:end] = torch.tensor(each.ids)
            positions[number, start:end] = torch.arange(len(each.ids))
            block[number, start:end] = member
            for at in range(1, len(each.ids)):
                if each.weights[at] > 0:
                    learned.append(number * time + start + at - 1)
                    labels.append(each.ids[at])
                    weights.append(each.weights[at])
            start = end
    padding = -len(learned) % _LEARNED_MULTIPLE if row_tokens else 0
    learned += [0] * padding
    labels += [_PADDING] * padding
    weights += [0.0] * padding
    earlier = torch.ones(time, time, dtype=torch.bool).tril()
    attend = (block[:, :, None] == block[:, None, :]) & earlier
    return Batch(
        ids,
        positions,
        attend[:, None],
        torch.tensor(learned, dtype=torch.long),
        torch.tensor(labels, dtype=torch.long),
        torch.tensor(weights, dtype=torch.float32),
        sum(len(each.ids) for row in laid for each in row),
    )
