"""A bounded place to wait for an engine: so many at work, so many waiting, the rest is refused at once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from toolmesh_core.errors import ResourceExhausted

_RETRY_AFTER_S = 1.0


class RequestQueue:
    """Lets requests in, first come first served.

    Args:
        name: the model's id, for the error.
        parallel: the most at work.
        most_waiting: the most that wait.
        on_depth: told the number of waiting requests whenever it changes.
    """

    def __init__(self, name: str, parallel: int, most_waiting: int, on_depth: Callable[[int], None]) -> None:
        self._name = name
        self._places = asyncio.Semaphore(parallel)
        self._most_waiting = most_waiting
        self._waiting = 0
        self._on_depth = on_depth

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Waits for a place and holds it for the block.

        Raises:
            ResourceExhausted: as many as may are waiting already.
        """
        await self._enter()
        try:
            yield
        finally:
            self._places.release()

    async def _enter(self) -> None:
        if self._places.locked() and self._waiting >= self._most_waiting:
            raise ResourceExhausted(
                f"model {self._name!r} has {self._waiting} requests waiting, the most it may; try again later",
                reason="QUEUE_FULL",
                retry_after_s=_RETRY_AFTER_S,
            )
        self._count(1)
        try:
            await self._places.acquire()
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        self._waiting += change
        self._on_depth(self._waiting)
