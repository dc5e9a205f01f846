"""Which next-token probabilities must be known to compare a few continuations of one prompt."""

import math
from collections.abc import Mapping, Sequence

# A continuation this much less likely than the best (in nats; a thousandth) is not worth another pass of the model.
NEGLIGIBLE_NATS = math.log(1000)

Tokens = tuple[int, ...]


class ContinuationSearch:
    """A best-first walk over the tree of the continuations' tokens.

    A continuation's log-probability is the sum over its tokens. Since each token can only lower it, the sum so far is
    a bound from above: the continuation with the highest bound is walked on by one token, and the walk ends when every
    unfinished one is bound to be negligible beside a finished one. What all have in common cancels out and is not
    asked for.

    Args:
        continuations: the tokens of each.
    """

    def __init__(self, continuations: Sequence[Tokens]) -> None:
        self._paths = continuations
        common = _common_length(continuations)
        self._depths = [common] * len(continuations)
        self._sums = [0.0] * len(continuations)

    def next_prefix(self) -> Tokens | None:
        """The tokens after which the next token's probabilities are needed; None when enough is known."""
        if len(self._paths) == 1:
            return None
        unfinished = [i for i, path in enumerate(self._paths) if self._depths[i] < len(path)]
        if not unfinished:
            return None
        best = max(unfinished, key=lambda i: self._sums[i])
        finished = [self._sums[i] for i in range(len(self._paths)) if i not in set(unfinished)]
        if finished and max(finished) - self._sums[best] > NEGLIGIBLE_NATS:
            return None
        return self._paths[best][: self._depths[best]]

    def wanted_after(self, prefix: Tokens) -> set[int]:
        """The next tokens whose probabilities `record` needs."""
        return {self._paths[i][len(prefix)] for i in self._waiting_at(prefix)}

    def record(self, prefix: Tokens, log_probabilities: Mapping[int, float]) -> None:
        """Takes the log-probabilities of the tokens that were wanted after a prefix."""
        for i in self._waiting_at(prefix):
            self._sums[i] += log_probabilities[self._paths[i][len(prefix)]]
            self._depths[i] += 1

    def log_probabilities(self) -> tuple[float, ...]:
        """One a continuation, in order, normalised so that the exponentials sum to 1."""
        highest = max(self._sums)
        total = highest + math.log(sum(math.exp(value - highest) for value in self._sums))
        return tuple(value - total for value in self._sums)

    def _waiting_at(self, prefix: Tokens) -> list[int]:
        depth = len(prefix)
        return [
            i for i, path in enumerate(self._paths) if self._depths[i] == depth < len(path) and path[:depth] == prefix
        ]


def _common_length(paths: Sequence[Tokens]) -> int:
    shortest = min(len(path) for path in paths)
    first = paths[0]
    for i in range(shortest):
        if any(path[i] != first[i] for path in paths):
            return i
    return shortest
