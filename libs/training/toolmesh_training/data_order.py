"""In which order rows are learned: drawn anew for each pass over the data, known from the seed alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from toolmesh_training.checkpoint import Position
from toolmesh_training.layout import TokenSequence
from toolmesh_training.packing import Row, pack


@dataclass(slots=True)
class DataOrder:
    """The rows of each pass over the data."""

    sequences: Sequence[TokenSequence]
    row_tokens: int
    seed: int
    _epoch: int = -1
    _rows: list[Row] = field(default_factory=list)

    def take(self, position: Position, count: int) -> list[Row]:
        """The next rows, of this pass only; moves the position past them."""
        rows = self._rows_of(position.epoch)[position.row : position.row + count]
        position.row += len(rows)
        if position.row >= len(self._rows):
            position.epoch, position.row = position.epoch + 1, 0
        return rows

    def epochs(self, position: Position) -> float:
        """Passes made, with the fraction of the one under way."""
        return position.epoch + position.row / max(len(self._rows_of(position.epoch)), 1)

    def _rows_of(self, epoch: int) -> list[Row]:
        if epoch != self._epoch:
            self._rows = pack(self.sequences, self.row_tokens, self.seed * 1_000_003 + epoch)
            self._epoch = epoch
        return self._rows
