"""Gives each Tool its turn: several at a time, one at a time for each."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from toolmesh_core.clock import Clock
from toolmesh_core.errors import ToolMeshError
from toolmesh_tool_operator.domain.schedule import Schedule

logger = logging.getLogger(__name__)
Key = tuple[str, str]
Reconcile = Callable[[str, str], Awaitable[float | None]]


class RunReconciles:
    """Takes what is due from the schedule, as long as the service runs. A key is (namespace, name).

    Args:
        reconcile: one look at one Tool; returns seconds until the next, None for the usual.
        most_at_a_time: so that a restart with many Tools does not ask the API for all at once.
    """

    def __init__(self, schedule: Schedule[Key], reconcile: Reconcile, clock: Clock, most_at_a_time: int = 8) -> None:
        self._schedule = schedule
        self._reconcile = reconcile
        self._clock = clock
        self._places = asyncio.Semaphore(most_at_a_time)
        self._moved = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()

    def changed(self, namespace: str, name: str) -> None:
        """A Tool was made or its owner changed it."""
        self._schedule.changed((namespace, name), self._clock.monotonic())
        self._moved.set()

    def touched(self, namespace: str, name: str) -> None:
        """Something that belongs to a Tool moved."""
        self._schedule.touched((namespace, name), self._clock.monotonic())
        self._moved.set()

    def gone(self, namespace: str, name: str) -> None:
        """A Tool was deleted; what belongs to it goes by its owner references."""
        self._schedule.forget((namespace, name))

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                self._moved.clear()
                for key in self._schedule.take(self._clock.monotonic()):
                    task = asyncio.create_task(self._turn(key))
                    self._running.add(task)
                    task.add_done_callback(self._running.discard)
                await self._until_due()
        finally:
            for task in self._running:
                task.cancel()

    async def _until_due(self) -> None:
        due_at = self._schedule.next_due()
        wait_s = None if due_at is None else max(0.0, due_at - self._clock.monotonic())
        try:
            await asyncio.wait_for(self._moved.wait(), wait_s)
        except TimeoutError:
            return

    async def _turn(self, key: Key) -> None:
        async with self._places:
            try:
                again_in_s = await self._reconcile(*key)
            except ToolMeshError as error:
                fields = {"namespace": key[0], "tool": key[1], "detail": error.message}
                logger.warning("tool not reconciled; it is tried again", extra=fields)
                self._schedule.failed(key, self._clock.monotonic())
            except Exception as error:
                logger.error("tool not reconciled", extra={"namespace": key[0], "tool": key[1]}, exc_info=error)
                self._schedule.failed(key, self._clock.monotonic())
            else:
                self._schedule.done(key, self._clock.monotonic(), again_in_s)
        self._moved.set()
