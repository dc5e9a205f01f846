"""Tells watchers how the callable tools change, with bounded memory however slow a watcher is."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence

from toolmesh_tool_router.domain.tool_definition import ToolDefinition
from toolmesh_tool_router.domain.tool_registry import ToolChange

Snapshot = Sequence[ToolDefinition]


class _Watcher:
    """What one watcher has not seen yet: the latest change of each tool."""

    def __init__(self, max_pending: int) -> None:
        self._max_pending = max_pending
        self.pending: dict[str, ToolChange] = {}
        self.lost = True
        self.woken = asyncio.Event()

    def tell(self, changes: Iterable[ToolChange]) -> None:
        """Adds changes; where they are too many, they make room for a new snapshot."""
        for change in changes:
            self.pending.pop(change.name, None)
            self.pending[change.name] = change
        if len(self.pending) > self._max_pending:
            self.pending.clear()
            self.lost = True
        self.woken.set()


class ToolFeed:
    """Hands changes to all who watch.

    Args:
        snapshot: gives the callable tools of now.
        max_pending: changes kept for one watcher before it gets a new snapshot instead.
    """

    def __init__(self, snapshot: Callable[[], Snapshot], max_pending: int) -> None:
        self._snapshot = snapshot
        self._max_pending = max_pending
        self._watchers: set[_Watcher] = set()
        self._closed = False

    def publish(self, changes: Sequence[ToolChange]) -> None:
        """Tells every watcher."""
        if changes:
            for watcher in self._watchers:
                watcher.tell(changes)

    def close(self) -> None:
        """Ends every watch, now and later, as a drain must not wait for them."""
        self._closed = True
        for watcher in self._watchers:
            watcher.woken.set()

    async def watch(self) -> AsyncIterator[Snapshot | ToolChange]:
        """A snapshot, then each change; a snapshot again after a gap."""
        watcher = _Watcher(self._max_pending)
        self._watchers.add(watcher)
        try:
            while not self._closed:
                watcher.woken.clear()
                if watcher.lost:
                    watcher.lost = False
                    watcher.pending.clear()
                    yield self._snapshot()
                while watcher.pending and not watcher.lost:
                    yield watcher.pending.pop(next(iter(watcher.pending)))
                if not watcher.lost:
                    await watcher.woken.wait()
        finally:
            self._watchers.discard(watcher)
