"""Splits a command's output into lines of bounded length."""

from dataclasses import dataclass

_HEAD_BYTES = 200


@dataclass(frozen=True, slots=True)
class LongLine:
    """A line that was too long and is lost but for its beginning."""

    head: bytes


class LineSplitter:
    """Takes bytes as they come, and gives lines without their ends.

    Args:
        max_bytes: of a line; the rest of a longer one is thrown away as it comes.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._parts: list[bytes] = []
        self._size = 0
        self._head = b""

    @property
    def open_bytes(self) -> int:
        """How long the line is so far that has not ended, with what was thrown away."""
        return self._size

    def feed(self, chunk: bytes) -> list[bytes | LongLine]:
        """The lines that end in the chunk."""
        *ended, rest = chunk.split(b"\n")
        lines: list[bytes | LongLine] = []
        for part in ended:
            self._add(part)
            lines.append(self._line())
        self._add(rest)
        return lines

    def _add(self, part: bytes) -> None:
        self._size += len(part)
        if self._size <= self._max_bytes:
            self._parts.append(part)
        elif self._parts or not self._head:
            self._head = (b"".join(self._parts) + part)[:_HEAD_BYTES]
            self._parts.clear()

    def _line(self) -> bytes | LongLine:
        line = LongLine(self._head) if self._size > self._max_bytes else b"".join(self._parts)
        self._parts.clear()
        self._size, self._head = 0, b""
        return line
