"""Whether the right tools were among the candidates."""

from collections.abc import Sequence


def recall_at(k: int, gold: Sequence[str], candidates: Sequence[str]) -> float | None:
    """Share of the distinct right tools among the best `k` candidates; None where no tool is right."""
    wanted = set(gold)
    return len(wanted & set(candidates[:k])) / len(wanted) if wanted else None
