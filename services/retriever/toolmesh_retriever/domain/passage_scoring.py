"""Scores passages for a question: the share of its words that a passage holds, and how near the meaning is."""

import math
from collections.abc import Collection, Mapping

# Centred cosines of multilingual-e5-small lie between these for unrelated and for answering passages.
UNRELATED_COSINE = 0.05
ANSWERING_COSINE = 0.50
_MEANING_SHARE = 0.55


def word_weights(passages: int, with_term: Mapping[str, int]) -> dict[str, float]:
    """The idf of each term of a question."""
    return {term: math.log1p((passages - found + 0.5) / (found + 0.5)) for term, found in with_term.items()}


def word_score(weights: Mapping[str, float], terms: Collection[str]) -> float:
    """0 to 1: the share of the question's weight that a passage's terms hold."""
    total = sum(weights.values())
    return sum(weight for term, weight in weights.items() if term in terms) / total if total > 0 else 0.0


def meaning_score(cosine: float) -> float:
    """0 to 1 from the cosine of centred vectors."""
    return min(1.0, max(0.0, (cosine - UNRELATED_COSINE) / (ANSWERING_COSINE - UNRELATED_COSINE)))


def passage_score(words: float, meaning: float | None) -> float:
    """Both together; by words alone where the meaning is not known."""
    return words if meaning is None else (1 - _MEANING_SHARE) * words + _MEANING_SHARE * meaning
