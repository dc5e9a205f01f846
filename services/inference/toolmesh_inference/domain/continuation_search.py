"""Which next-token probabilities must be known to compare a few continuations of one prompt."""

import math
from collections.abc import Mapping, Sequence

# A continuation this much less likely than the best (in nats; a thousandth) is not worth another pass of the model.
NEGLIGIBLE_NATS = math.log(1000)

Tokens = tuple[int, ...]


class ContinuationSearch:
    """A best-first walk over the tree of the continuations' tokens.

    A continuation's log-probability is the sum over those of its tokens that are contested: where another continuation
    with the same beginning goes on differently, or ends. A token that none contests counts as certain, as it is when
    text is written under a grammar of just these continuations. (Against sums over all tokens, on 80 choices among five
    tools by SmolLM2-135M: 1.6 passes of the model instead of 18.5, the probabilities 0.055 apart in total variation,
    and the right tool as often.)

    Since each token can only lower the sum, the sum so far is a bound from above: the continuation with the highest
    bound is walked on, and the walk ends when every unfinished one is negligible beside a finished one.

    Args:
        continuations: the tokens of each.
    """

    def __init__(self, continuations: Sequence[Tokens]) -> None:
        self._paths = continuations
        self._depths = [0] * len(continuations)
        self._sums = [0.0] * len(continuations)
        self._pass_the_uncontested()

    def next_prefix(self) -> Tokens | None:
        """The tokens after which the next token's probabilities are needed; None when enough is known."""
        unfinished = [i for i, path in enumerate(self._paths) if self._depths[i] < len(path)]
        if not unfinished:
            return None
        best = max(unfinished, key=lambda i: self._sums[i])
        finished = [value for i, value in enumerate(self._sums) if i not in unfinished]
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
        self._pass_the_uncontested()

    def log_probabilities(self) -> tuple[float, ...]:
        """One a continuation, in order, normalised so that the exponentials sum to 1."""
        highest = max(self._sums)
        total = highest + math.log(sum(math.exp(value - highest) for value in self._sums))
        return tuple(value - total for value in self._sums)

    def _pass_the_uncontested(self) -> None:
        for i, path in enumerate(self._paths):
            while self._depths[i] < len(path) and not self._contested(path[: self._depths[i]]):
                self._depths[i] += 1

    def _contested(self, prefix: Tokens) -> bool:
        """Whether the continuations that begin so go on in more than one way, the end being one."""
        depth = len(prefix)
        ways = {path[depth : depth + 1] for path in self._paths if path[:depth] == prefix}
        return len(ways) > 1

    def _waiting_at(self, prefix: Tokens) -> list[int]:
        depth = len(prefix)
        return [
            i for i, path in enumerate(self._paths) if self._depths[i] == depth < len(path) and path[:depth] == prefix
        ]
