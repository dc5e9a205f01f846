"""Near-duplicates by MinHash: two dialogues whose users say almost the same about the same tools."""

import numpy as np
from numpy.typing import NDArray

from toolmesh_dialogues.dialogue import Dialogue
from toolmesh_dialogues.filters.shingles import shingles, text_units

# 16 bands of 4 rows: half of all pairs with a Jaccard similarity of 0.5 meet, nearly all above 0.8; those are compared.
_BANDS, _ROWS = 16, 4
_RUN = 2


class NearDuplicates:
    """Remembers what it has seen; `threshold` is the Jaccard similarity from which two are taken for one."""

    def __init__(self, threshold: float = 0.9) -> None:
        self._threshold = threshold
        draw = np.random.default_rng(20_230_909)
        odd = np.uint64(1)
        self._factors: NDArray[np.uint64] = draw.integers(1, 2**63, size=(_BANDS * _ROWS, 1), dtype=np.uint64) | odd
        self._offsets: NDArray[np.uint64] = draw.integers(0, 2**63, size=(_BANDS * _ROWS, 1), dtype=np.uint64)
        self._buckets: dict[tuple[int, bytes], list[int]] = {}
        self._seen: list[frozenset[int]] = []

    def is_new(self, dialogue: Dialogue) -> bool:
        """Whether nothing like it has been seen; if so it is remembered."""
        runs = frozenset(shingles(_said(dialogue), _RUN))
        values = np.fromiter(sorted(runs), dtype=np.uint64, count=len(runs))
        signature = (values * self._factors + self._offsets).min(axis=1).reshape(_BANDS, _ROWS)
        keys = [(band, row.tobytes()) for band, row in enumerate(signature)]
        candidates = {number for key in keys for number in self._buckets.get(key, ())}
        if any(_jaccard(runs, self._seen[number]) >= self._threshold for number in candidates):
            return False
        for key in keys:
            self._buckets.setdefault(key, []).append(len(self._seen))
        self._seen.append(runs)
        return True


def _said(dialogue: Dialogue) -> list[str]:
    """What the users say, and the tools on offer: the same words about other tools teach something else."""
    units = [unit for message in dialogue.messages if message.role == "user" for unit in text_units(message.content)]
    return units + sorted(tool.name for tool in dialogue.tools)


def _jaccard(one: frozenset[int], other: frozenset[int]) -> float:
    return len(one & other) / len(one | other)
