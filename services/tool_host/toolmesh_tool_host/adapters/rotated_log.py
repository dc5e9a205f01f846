"""The log of a deployment: whole lines in a file of bounded size, the file before it, and those who follow."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

_LONGEST_LINE = 8 * 1024
_KEPT_FOR_FOLLOWERS = 1000


class RotatedLog:
    """Appends lines; at `most_bytes` the file becomes `.1` in place of the one before.

    Args:
        path: of the newer file; its folder is made with the first line.
    """

    def __init__(self, path: Path, most_bytes: int) -> None:
        self._path = path
        self._older = path.with_name(f"{path.name}.1")
        self._most_bytes = most_bytes
        self._begun = b""
        self._followers: set[_Follower] = set()
        self._closed = False

    def write(self, data: bytes) -> None:
        """Takes what a process wrote, in pieces of any size."""
        lines = (self._begun + data).split(b"\n")
        self._begun = lines.pop()
        while len(self._begun) > _LONGEST_LINE:
            lines.append(self._begun[:_LONGEST_LINE])
            self._begun = self._begun[_LONGEST_LINE:]
        self._append([piece for line in lines for piece in _pieces(line)])

    def end_line(self) -> None:
        """Ends a line that was begun: its process is gone."""
        if self._begun:
            self.write(b"\n")

    def tail(self, count: int) -> list[str]:
        """The last lines, oldest first."""
        lines: deque[str] = deque(maxlen=count)
        for path in (self._older, self._path):
            with contextlib.suppress(FileNotFoundError), path.open(encoding="utf-8", errors="replace") as file:
                lines.extend(line.rstrip("\n") for line in file)
        return list(lines)

    async def read(self, count: int, *, follow: bool) -> AsyncGenerator[Sequence[str], None]:
        """The last lines, then new ones as they come; ends when the log is closed."""
        follower = _Follower()
        self._followers.add(follower)
        try:
            yield self.tail(count)
            while follow and not self._closed:
                lines = await follower.next_lines()
                if lines:
                    yield lines
        finally:
            self._followers.discard(follower)

    def close(self) -> None:
        """Ends all who follow."""
        self._closed = True
        for follower in self._followers:
            follower.wake()

    def _append(self, lines: list[bytes]) -> None:
        if not lines or self._closed:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            file.write(b"".join(line + b"\n" for line in lines))
            size = file.tell()
        if size > self._most_bytes:
            self._path.replace(self._older)
        for follower in self._followers:
            follower.take(lines)


class _Follower:
    """Lines that one reader has not taken yet; of a flood, the newest."""

    def __init__(self) -> None:
        self._waiting: deque[str] = deque(maxlen=_KEPT_FOR_FOLLOWERS)
        self._changed = asyncio.Event()

    def take(self, lines: list[bytes]) -> None:
        self._waiting.extend(line.decode("utf-8", "replace") for line in lines)
        self._changed.set()

    def wake(self) -> None:
        self._changed.set()

    async def next_lines(self) -> Sequence[str]:
        await self._changed.wait()
        self._changed.clear()
        lines = list(self._waiting)
        self._waiting.clear()
        return lines


def _pieces(line: bytes) -> list[bytes]:
    line = line.rstrip(b"\r")
    return [line[start : start + _LONGEST_LINE] for start in range(0, max(1, len(line)), _LONGEST_LINE)]
