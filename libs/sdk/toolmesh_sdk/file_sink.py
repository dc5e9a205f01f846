"""A download on its way to a file: beside its target until it is whole."""

import uuid
from pathlib import Path
from types import TracebackType
from typing import Self


class FileSink:
    """A context that leaves either the whole file or nothing."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self._partial = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.part")
        self._file = self._partial.open("xb")

    def write(self, piece: bytes) -> None:
        """Adds a piece."""
        self._file.write(piece)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._file.close()
            if kind is None:
                self._partial.replace(self.target)
        finally:
            self._partial.unlink(missing_ok=True)
