"""Holds a call until its tool has a place for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from toolmesh_core.errors import DeadlineExceeded
from toolmesh_tool_router.domain.admission import Gate

Place = asyncio.Future[None]


class AdmitCall:
    """One gate a tool.

    Args:
        max_running, max_waiting: of each tool.
    """

    def __init__(self, max_running: int, max_waiting: int) -> None:
        self._max_running = max_running
        self._max_waiting = max_waiting
        self._gates: dict[str, Gate[Place]] = {}

    @asynccontextmanager
    async def place(self, tool: str, timeout_s: float) -> AsyncIterator[None]:
        """A place for the block.

        Raises:
            ResourceExhausted: the queue is full. DeadlineExceeded: no place came free in time.
        """
        gate = self._gates.get(tool)
        if gate is None:
            gate = self._gates[tool] = Gate(tool, self._max_running, self._max_waiting)
        place: Place = asyncio.get_running_loop().create_future()
        if not gate.enter(place):
            await _wait(gate, place, timeout_s)
        try:
            yield
        finally:
            self._leave(gate)

    def _leave(self, gate: Gate[Place]) -> None:
        _pass_on(gate)
        if not gate.running:
            self._gates.pop(gate.tool, None)


async def _wait(gate: Gate[Place], place: Place, timeout_s: float) -> None:
    try:
        await asyncio.wait_for(asyncio.shield(place), timeout_s)
    except (TimeoutError, asyncio.CancelledError) as error:
        if not gate.give_up(place):
            _pass_on(gate)
        if isinstance(error, asyncio.CancelledError):
            raise
        raise DeadlineExceeded(
            f"tool {gate.tool!r} was busy and no place came free within {timeout_s:.3g} s; try again later",
            reason="TOOL_BUSY",
        ) from error


def _pass_on(gate: Gate[Place]) -> None:
    waiter = gate.leave()
    if waiter is not None:
        waiter.set_result(None)
