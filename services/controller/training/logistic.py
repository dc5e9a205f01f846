"""A logistic regression in which both classes count the same."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_ROUNDS = 60
_RIDGE = 1e-3


def fit(features: Floats, labels: Floats) -> Floats:
    """Weights and, last, the bias, by Newton's method.

    Args:
        features: [cases, features].
        labels: [cases], 0 or 1.
    """
    rows = np.hstack([features, np.ones((len(features), 1))])
    counts = np.where(labels == 1, 0.5 / labels.sum(), 0.5 / (len(labels) - labels.sum())) * len(labels)
    weights = np.zeros(rows.shape[1])
    for _ in range(_ROUNDS):
        said = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ (counts * (said - labels)) + _RIDGE * weights
        curve = (rows * (counts * said * (1 - said))[:, None]).T @ rows + _RIDGE * np.eye(len(weights))
        weights -= np.linalg.solve(curve, slope)
    return weights


def passing(features: Floats, labels: Floats, weights: Floats) -> str:
    """How many of each class the weights let through."""
    logits = features @ weights[:-1] + weights[-1]
    right = labels == 1
    return f"right ones that pass {np.mean(logits[right] > 0):.3f}, wrong ones {np.mean(logits[~right] > 0):.3f}"
