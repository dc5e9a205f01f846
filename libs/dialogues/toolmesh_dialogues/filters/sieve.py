"""All filters in one pass, with a count of what each has refused."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from toolmesh_dialogues.dialogue import Dialogue
from toolmesh_dialogues.filters.held_out_overlap import HeldOutOverlap
from toolmesh_dialogues.filters.illegal import is_illegal
from toolmesh_dialogues.filters.near_duplicates import NearDuplicates
from toolmesh_dialogues.filters.well_formed import why_malformed

FILTERS = (
    "unknown_tool",
    "unknown_parameter",
    "invalid_arguments",
    "illegal_request",
    "held_out_overlap",
    "near_duplicate",
)


class Sieve:
    """`refused` counts by filter; a dialogue counts for the first filter that refuses it."""

    def __init__(self, held_out: Sequence[Path] = ()) -> None:
        self.refused: Counter[str] = Counter(dict.fromkeys(FILTERS, 0))
        self._overlap = HeldOutOverlap(held_out)
        self._duplicates = NearDuplicates()

    def keeps(self, dialogue: Dialogue) -> bool:
        """Whether a dialogue may go into the data."""
        reason = self._refusal(dialogue)
        if reason:
            self.refused[reason] += 1
        return reason is None

    def _refusal(self, dialogue: Dialogue) -> str | None:
        malformed = why_malformed(dialogue)
        if malformed:
            return malformed
        if is_illegal(dialogue):
            return "illegal_request"
        if self._overlap.overlaps(dialogue):
            return "held_out_overlap"
        return None if self._duplicates.is_new(dialogue) else "near_duplicate"
