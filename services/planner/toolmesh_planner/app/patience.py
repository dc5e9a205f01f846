"""Repeats work without side effect while a neighbour is away, for a bounded time."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from toolmesh_core.clock import Clock
from toolmesh_core.errors import ResourceExhausted, ToolMeshError, Unavailable
from toolmesh_planner.app.ports import Sleep

T = TypeVar("T")
_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 1.0


def _may_pass(error: ToolMeshError) -> bool:
    return isinstance(error, Unavailable | ResourceExhausted)


@dataclass(frozen=True)
class Patience:
    """How long a neighbour may be away, counted from the first failure in a row."""

    seconds: float
    clock: Clock
    sleep: Sleep

    async def repeat(
        self,
        work: Callable[[], Awaitable[T]],
        worth_repeating: Callable[[ToolMeshError], bool] = _may_pass,
    ) -> T:
        """What the work returns; its last failure when patience is at its end or it is not worth repeating."""
        given_up_at: float | None = None
        pause = _FIRST_PAUSE_S
        while True:
            try:
                return await work()
            except ToolMeshError as error:
                if not worth_repeating(error):
                    raise
                now = self.clock.monotonic()
                given_up_at = now + self.seconds if given_up_at is None else given_up_at
                wait = max(pause, _asked_pause(error))
                if now + wait > given_up_at:
                    raise
            await self.sleep(wait)
            pause = min(pause * 2, _LONGEST_PAUSE_S)


def _asked_pause(error: ToolMeshError) -> float:
    asked = error.metadata.get("retry_after_s", "")
    return float(asked) if asked.replace(".", "", 1).isdigit() else 0.0
