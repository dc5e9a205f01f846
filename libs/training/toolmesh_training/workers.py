"""The machines that train together: one by default, or those of a torch.distributed group that Ray set up."""

from collections.abc import Sequence

import torch
from torch import Tensor, distributed


class Workers:
    """A single worker. Every worker holds all data and takes its part of each step."""

    rank: int = 0
    count: int = 1

    def sum_over_all(self, tensors: Sequence[Tensor]) -> None:
        """Replaces each tensor by its sum over the workers."""

    def first_says(self, value: float) -> float:
        """The first worker's value, so that all of them stop at the same step."""
        return value


class DistributedWorkers(Workers):
    """The workers of torch.distributed's default group."""

    def __init__(self) -> None:
        self.rank = distributed.get_rank()
        self.count = distributed.get_world_size()

    def sum_over_all(self, tensors: Sequence[Tensor]) -> None:
        """One message for all tensors, since most are small."""
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        distributed.all_reduce(flat)
        start = 0
        for tensor in tensors:
            tensor.copy_(flat[start : start + tensor.numel()].view_as(tensor))
            start += tensor.numel()

    def first_says(self, value: float) -> float:
        told = torch.tensor([value], dtype=torch.float64)
        distributed.broadcast(told, src=0)
        return float(told)
