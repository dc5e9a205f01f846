"""Reads what a program prints while it prints it, keeps the beginning and lets the rest go."""

import asyncio
import os
from collections.abc import Callable
from typing import IO

MOST_READ_BYTES = 64 * 2**20
"""A program that prints more than this in one call is ended: reading costs us, too."""
_CHUNK = 65536


class OutputPipe:
    """One of the two streams of a sandbox.

    Args:
        characters: kept of each call.
        on_flood: called when a call prints without end.
    """

    def __init__(self, pipe: IO[bytes], characters: int, on_flood: Callable[[], None]) -> None:
        self._fd = pipe.fileno()
        self._characters = characters
        self._on_flood = on_flood
        self._kept = bytearray()
        self._read_bytes = 0
        os.set_blocking(self._fd, False)
        asyncio.get_running_loop().add_reader(self._fd, self._read)

    def take(self) -> tuple[str, bool]:
        """What was printed since the last time, what lies in the pipe included, and whether it was cut."""
        while self._read():
            pass
        text = self._kept.decode("utf-8", "replace")
        was_cut = self._read_bytes > len(self._kept) or len(text) > self._characters
        self._kept.clear()
        self._read_bytes = 0
        return text[: self._characters], was_cut

    def close(self) -> None:
        """Reads no more; the pipe itself is its owner's."""
        asyncio.get_running_loop().remove_reader(self._fd)

    def _read(self) -> bool:
        """Reads once; whether there may be more."""
        try:
            chunk = os.read(self._fd, _CHUNK)
        except BlockingIOError:
            return False
        if not chunk:
            self.close()
            return False
        self._read_bytes += len(chunk)
        # Four bytes are the most that UTF-8 takes for a character.
        self._kept += chunk[: max(0, 4 * self._characters - len(self._kept))]
        if self._read_bytes > MOST_READ_BYTES:
            self._on_flood()
        return self._read_bytes <= MOST_READ_BYTES
