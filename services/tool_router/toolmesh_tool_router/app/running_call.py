"""One call that is being carried out, and those who follow it: whoever repeats its request id joins here."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

from toolmesh_core.errors import ResourceExhausted
from toolmesh_tool_router.domain.call_events import CallEvent, Finished, PartialOutput, Progress

Carry = Callable[["RunningCall"], Coroutine[Any, Any, Finished]]


class RunningCall:
    """Runs in a task of its own, so that it outlives its first caller while another follows.

    Args:
        carry: carries the call out and tells this object what happens.
        max_partial_characters: the most partial output that one call may stream.
        redact: blots the secrets out of a text before it is passed on.

    Attributes:
        reached_tool: the tool may have begun, so that the call may have taken effect.
    """

    def __init__(self, carry: Carry, max_partial_characters: int, redact: Callable[[str], str]) -> None:
        self._room = max_partial_characters
        self._redact = redact
        self._events: list[Progress | PartialOutput] = []
        self._changed = asyncio.Event()
        self._followers = 0
        self.reached_tool = False
        self.task = asyncio.create_task(carry(self))
        self.task.add_done_callback(self._ended)

    @property
    def streamed(self) -> bool:
        """Partial output was passed on and cannot be taken back."""
        return any(isinstance(event, PartialOutput) for event in self._events)

    @property
    def failed(self) -> bool:
        """It ended without a result."""
        return self.task.done() and (self.task.cancelled() or self.task.exception() is not None)

    def emit(self, event: Progress | PartialOutput) -> None:
        """Passes an event on to all who follow. ResourceExhausted: the call streams more than it may."""
        if isinstance(event, PartialOutput):
            self._room -= len(event.text)
            if self._room < 0:
                raise ResourceExhausted(
                    "the tool streams more partial output than one call may; ask for less of it",
                    reason="OUTPUT_TOO_LARGE",
                )
            event = PartialOutput(self._redact(event.text))
        else:
            event = Progress(event.fraction, self._redact(event.message))
        self._events.append(event)
        self._changed.set()

    async def follow(self) -> AsyncIterator[CallEvent]:
        """All events, then the end. When the last follower goes before the end, the call is cancelled."""
        self._followers += 1
        seen = 0
        try:
            while True:
                while seen < len(self._events):
                    seen += 1
                    yield self._events[seen - 1]
                if self.task.done():
                    break
                self._changed.clear()
                await self._changed.wait()
            yield self.task.result()
        finally:
            self._followers -= 1
            if not self._followers:
                self.task.cancel()
                # Who repeats the call later gets the result only.
                self._events.clear()

    def _ended(self, task: "asyncio.Task[Finished]") -> None:
        if not task.cancelled():
            task.exception()  # seen, also where nobody follows any more
        self._changed.set()
