"""What every data set offers that dialogues are made of."""

from collections.abc import Iterator
from typing import Protocol

from toolmesh_dialogues.dialogue import Dialogue


class Source(Protocol):
    """`left_out` counts what could not be used; it is known when all dialogues were taken."""

    left_out: int

    def dialogues(self) -> Iterator[tuple[Dialogue, tuple[str, ...]]]:
        """Each dialogue with the names of the tools that it is about."""
        ...
