"""Names that look like a given one, so that a caller who misspells a tool learns the right name."""

import heapq
from collections.abc import Iterable

_LEAST_LIKENESS = 0.4


def pairs_of(name: str) -> frozenset[str]:
    """The pairs of neighbouring characters in a name, less case and separators."""
    plain = name.lower().replace("_", "").replace("-", "")
    return frozenset(plain[i : i + 2] for i in range(len(plain) - 1)) or frozenset({plain})


def closest(name: str, names: Iterable[tuple[str, frozenset[str]]], most: int = 3) -> list[str]:
    """The names most like the given one, best first, by the Dice coefficient of their pairs.

    Args:
        names: each with its pairs_of, made once since there may be thousands.
    """
    wanted = pairs_of(name[:64])
    scored = ((2 * len(wanted & pairs) / (len(wanted) + len(pairs)), other) for other, pairs in names)
    return [other for likeness, other in heapq.nlargest(most, scored) if likeness >= _LEAST_LIKENESS]
