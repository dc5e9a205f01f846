"""What a process writes, on its way into the log of its deployment."""

import asyncio
import contextlib
import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from toolmesh_tool_host.adapters.rotated_log import RotatedLog

_PIECE_BYTES = 64 * 1024
# A process that floods its output is held back, so that it can fill neither the host's time nor the disk's.
_PAUSE_S = 0.05
_KEPT_LINES = 20


class OutputPipe:
    """A pipe that the host reads; it outlives restarts of the process that writes into it."""

    def __init__(self, log: RotatedLog) -> None:
        self._log = log
        self._read_end, self._write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        self._last: deque[str] = deque(maxlen=_KEPT_LINES)
        self._loop = asyncio.get_running_loop()
        self._resuming: asyncio.TimerHandle | None = None
        self._closed = False
        self._resume()

    @contextmanager
    def for_process(self) -> Iterator[int]:
        """The end that a process writes into."""
        yield self._write_end

    def last_line(self) -> str:
        """What was written last; empty where nothing was."""
        self._take_all()
        return self._last[-1] if self._last else ""

    def close(self) -> None:
        """Takes the rest and closes both ends."""
        if self._closed:
            return
        self._take_all()
        self._log.end_line()
        self._closed = True
        self._pause()
        os.close(self._read_end)
        os.close(self._write_end)

    def _resume(self) -> None:
        self._resuming = None
        self._loop.add_reader(self._read_end, self._take_piece)

    def _pause(self) -> None:
        self._loop.remove_reader(self._read_end)
        if self._resuming is not None:
            self._resuming.cancel()

    def _take_piece(self) -> None:
        if self._take() == _PIECE_BYTES:
            self._pause()
            self._resuming = self._loop.call_later(_PAUSE_S, self._resume)

    def _take_all(self) -> None:
        if not self._closed:
            for _ in range(16):
                if self._take() < _PIECE_BYTES:
                    return

    def _take(self) -> int:
        """Takes at most one piece; says how long it was."""
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._read_end, _PIECE_BYTES)
            self._log.write(data)
            lines = (line.strip() for line in data.decode("utf-8", "replace").split("\n"))
            self._last.extend(line[:1000] for line in lines if line)
            return len(data)
        return 0
