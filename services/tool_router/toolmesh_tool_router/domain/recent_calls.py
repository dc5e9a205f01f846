"""Calls by request id, so that the same id within some minutes is the same call."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, TypeVar

from toolmesh_core.errors import InvalidInput

C = TypeVar("C")
Key = tuple[str, str]


@dataclass(slots=True)
class _Entry(Generic[C]):
    call: C
    fingerprint: bytes
    finished_at: float | None = None
    size: int = 0


class RecentCalls(Generic[C]):
    """Running calls, and finished ones for a time. `now` is seconds of a monotonic clock.

    Args:
        keep_s: how long a finished call is kept.
        max_calls, max_bytes: bounds on the finished ones; the oldest go first.
    """

    def __init__(self, *, keep_s: float, max_calls: int, max_bytes: int) -> None:
        self._keep_s = keep_s
        self._max_calls = max_calls
        self._max_bytes = max_bytes
        self._running: dict[Key, _Entry[C]] = {}
        self._finished: OrderedDict[Key, _Entry[C]] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._running) + len(self._finished)

    def find(self, key: Key, fingerprint: bytes, now: float) -> C | None:
        """The call under a key of user and request id.

        Raises:
            InvalidInput: the id was used for another tool or other arguments.
        """
        self._drop_old(now)
        entry = self._running.get(key) or self._finished.get(key)
        if entry is None:
            return None
        if entry.fingerprint != fingerprint:
            raise InvalidInput(
                f"request_id {key[1]!r} was used for another tool or other arguments; take a new one for a new call",
                field="request_id",
                reason="REQUEST_ID_REUSED",
            )
        return entry.call

    def add(self, key: Key, fingerprint: bytes, call: C) -> None:
        """A call begins."""
        self._running[key] = _Entry(call, fingerprint)

    def finish(self, key: Key, now: float, size: int) -> None:
        """A call is done, and its outcome of `size` bytes is to be kept."""
        entry = self._running.pop(key)
        entry.finished_at, entry.size = now, size
        self._finished[key] = entry
        self._bytes += size
        while len(self._finished) > self._max_calls or self._bytes > self._max_bytes:
            self._drop_first()

    def forget(self, key: Key) -> None:
        """A call ended in a way that lets it be made again."""
        self._running.pop(key, None)

    def _drop_old(self, now: float) -> None:
        while self._finished:
            finished_at = next(iter(self._finished.values())).finished_at
            if finished_at is None or now < finished_at + self._keep_s:
                return
            self._drop_first()

    def _drop_first(self) -> None:
        _, entry = self._finished.popitem(last=False)
        self._bytes -= entry.size
