"""Hands items from a worker thread to the event loop with as few wake-ups as may be."""

import asyncio
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class ThreadStream(Generic[T]):
    """One producer in a thread, one consumer on the loop.

    A wake-up is scheduled only when none is under way, so a loop that is busy gets several items at once.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._items: deque[T] = deque()
        self._arrived = asyncio.Event()
        self._wake_up_under_way = False
        self._ended = False
        self.stopped = False

    def put(self, item: T) -> bool:
        """From the thread: adds an item; True when the consumer wants no more."""
        self._items.append(item)
        self._wake_up()
        return self.stopped

    def end(self) -> None:
        """From the thread: nothing more will come."""
        self._ended = True
        self._wake_up()

    def stop(self) -> None:
        """From the loop: no more is wanted."""
        self.stopped = True

    async def take(self) -> list[T]:
        """All that has arrived, at least one item; empty at the end."""
        while True:
            # Read first: what the thread adds before its end must still be seen.
            ended = self._ended
            if self._items:
                break
            if ended:
                return []
            await self._arrived.wait()
            self._arrived.clear()
            # Cleared before the items are taken: what comes in between wakes the loop once more, and nothing is lost.
            self._wake_up_under_way = False
        taken = []
        while self._items:
            taken.append(self._items.popleft())
        return taken

    def _wake_up(self) -> None:
        if not self._wake_up_under_way:
            self._wake_up_under_way = True
            self._loop.call_soon_threadsafe(self._arrived.set)
