"""Takes off vectors what all texts of their kind and language have in common, so that cosines tell of the subject.

Measured with multilingual-e5-small by dense search alone: recall@5 on Seal-Tools dev 0.735 plain, 0.804 so; Chinese
requests for English tools come first in 61% plain, 79 to 86% so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolmesh_retriever.domain.typical_texts import PASSAGES, REQUESTS, language_of

Vectors = NDArray[np.float32]
# The mean of a collection counts fully from many times so many texts; a smaller one leans on the typical texts.
_TYPICAL_COUNTS_AS = 20


@dataclass(frozen=True, slots=True, eq=False)
class TypicalMeans:
    """[dimensions] by language: the mean vectors of typical requests and passages under one model."""

    requests: Mapping[str, Vectors]
    passages: Mapping[str, Vectors]

    @classmethod
    def of(cls, requests: Mapping[str, Vectors], passages: Mapping[str, Vectors]) -> "TypicalMeans":
        """From the vectors of REQUESTS and PASSAGES, [texts, dimensions] by language."""
        return cls(
            {language: requests[language].mean(axis=0) for language in REQUESTS},
            {language: passages[language].mean(axis=0) for language in PASSAGES},
        )


def centred_requests(vectors: Vectors, texts: Sequence[str], means: TypicalMeans) -> Vectors:
    """[texts, dimensions] of length 1."""
    return _unit(vectors - np.stack([means.requests[language_of(text)] for text in texts]))


def centred_passages(vectors: Vectors, languages: Sequence[str], means: TypicalMeans) -> Vectors:
    """[passages, dimensions] of length 1, centred on the collection's own mean in each language."""
    centred = vectors.copy()
    of_row = np.array(languages)
    for language, typical in means.passages.items():
        rows = of_row == language
        count = int(np.count_nonzero(rows))
        if count:
            total = vectors[rows].sum(axis=0) + _TYPICAL_COUNTS_AS * typical
            centred[rows] -= total / (count + _TYPICAL_COUNTS_AS)
    return _unit(centred)


def _unit(vectors: Vectors) -> Vectors:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = vectors / np.maximum(length, np.float32(1e-6))
    return unit
