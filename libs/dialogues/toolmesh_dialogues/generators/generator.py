"""What every maker of dialogues offers, so that one build uses any of them."""

from collections.abc import Iterator
from typing import Protocol

from toolmesh_dialogues.dialogue import Dialogue
from toolmesh_dialogues.gallery.gallery import Gallery


class Generator(Protocol):
    """Makes dialogues about a gallery's tools; the same seed gives the same dialogues."""

    @property
    def source(self) -> str:
        """The name that its dialogues carry as their source."""
        ...

    def dialogues(self, gallery: Gallery, seed: int) -> Iterator[Dialogue]:
        """Dialogues without end; whoever asks stops when there are enough."""
        ...
