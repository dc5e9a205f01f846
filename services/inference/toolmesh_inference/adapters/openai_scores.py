"""Compares continuations by the most likely next tokens that a server tells, token texts and not ids."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from toolmesh_inference.domain.continuation_search import NEGLIGIBLE_NATS

# Each is a call over the network.
_MOST_PASSES = 16


class TextSearch:
    """A best-first walk over the texts, asking for next tokens only where continuations still share what is written.

    A server tells about 20 next tokens. A continuation whose first token is not among them gets the least of those
    told, a bound from above. What follows after a continuation stands alone is taken as certain.

    Args:
        continuations: the texts.
    """

    def __init__(self, continuations: Sequence[str]) -> None:
        self._texts = tuple(continuations)
        self._written = [""] * len(self._texts)
        self._sums = [0.0] * len(self._texts)
        self._settled = [len(self._texts) == 1] * len(self._texts)
        self._passes = 0

    def next_prefix(self) -> str | None:
        """What must be written before the next tokens that are needed; None when enough is known."""
        open_ones = [i for i, settled in enumerate(self._settled) if not settled]
        if not open_ones or self._passes >= _MOST_PASSES:
            return None
        best = max(open_ones, key=lambda i: self._sums[i])
        settled = [value for i, value in enumerate(self._sums) if self._settled[i]]
        if settled and max(settled) - self._sums[best] > NEGLIGIBLE_NATS:
            return None
        return self._written[best]

    def record(self, prefix: str, top: Mapping[str, float]) -> None:
        """Takes the log-probabilities of the most likely texts after a prefix."""
        self._passes += 1
        least = min(top.values())
        for i in [i for i, written in enumerate(self._written) if written == prefix and not self._settled[i]]:
            rest = self._texts[i][len(prefix) :]
            # Also a token that goes beyond the continuation's end begins with all that is left of it.
            fitting = [token for token in top if token and (rest.startswith(token) or token.startswith(rest))]
            if not fitting:
                self._sums[i] += least
                self._settled[i] = True
                continue
            token = max(fitting, key=lambda each: top[each])
            self._sums[i] += top[token]
            self._written[i] = prefix + token
            self._settled[i] = len(self._written[i]) >= len(self._texts[i])
        self._settle_the_lone()

    def log_probabilities(self) -> tuple[float, ...]:
        """One a continuation, in order, normalised."""
        highest = max(self._sums)
        total = highest + math.log(sum(math.exp(value - highest) for value in self._sums))
        return tuple(value - total for value in self._sums)

    def _settle_the_lone(self) -> None:
        for i, written in enumerate(self._written):
            if written and self._written.count(written) == 1:
                self._settled[i] = True


def top_texts_of(reply: Mapping[str, Any]) -> dict[str, float]:
    """The most likely first tokens of a reply, by text; empty where the server tells none."""
    logprobs = (reply.get("choices") or [{}])[0].get("logprobs") or {}
    content = logprobs.get("content")
    if content:
        told = content[0].get("top_logprobs") or []
        return {str(each["token"]): float(each["logprob"]) for each in told}
    tops = logprobs.get("top_logprobs")
    return {str(text): float(value) for text, value in (tops[0] or {}).items()} if tops else {}
