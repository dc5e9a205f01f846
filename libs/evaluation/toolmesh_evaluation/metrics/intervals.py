"""Bootstrap intervals of a mean: groups are drawn, not single values, since turns of one dialogue go together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 1_000
SEED = 20_230_900
COVERAGE = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its interval, and over how many values."""

    mean: float
    low: float
    high: float
    count: int


def estimate(values: Sequence[float], groups: Sequence[str]) -> Estimate:
    """The mean and its percentile interval (95%, 1,000 resamples of groups, fixed seed).

    Args:
        values: at least one.
        groups: the group of each value; all different means that single values are drawn.
    """
    names, index = np.unique(np.asarray(groups), return_inverse=True)
    sums = np.bincount(index, weights=np.asarray(values, dtype=float), minlength=len(names))
    counts = np.bincount(index, minlength=len(names))
    drawn = np.random.default_rng(SEED).integers(0, len(names), size=(RESAMPLES, len(names)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.quantile(means, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2])
    return Estimate(float(np.mean(values)), float(low), float(high), len(values))
