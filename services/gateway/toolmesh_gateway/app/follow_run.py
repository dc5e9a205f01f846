"""Follows a run's events to its end, over a restart of the planner where need be."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

from toolmesh.planner.v1 import run_event_pb2, run_pb2, run_service_pb2
from toolmesh_core.errors import Unavailable
from toolmesh_gateway.app.ports import Stream, StreamCall

# A restarted planner goes on within 5 s; this many pauses leave it three times that.
_PAUSE_S = 0.5
_MAX_PAUSES = 30


class FollowRun:
    """Streams events; where the planner goes away after the first, asks again from the last one seen.

    Args:
        pause: waits seconds before it asks again.
    """

    def __init__(self, call: StreamCall, pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._call = call
        self._pause = pause

    async def __call__(
        self, run: str, after_sequence: int = 0, timeout_s: float | None = None
    ) -> AsyncGenerator[run_event_pb2.RunEvent, None]:
        """The events of a run, to its end.

        Raises:
            Unavailable: the planner stays away.
        """
        responses: Stream | None = None
        seen, pauses, has_ended = after_sequence, -1, False
        try:
            while not has_ended:
                request = run_service_pb2.StreamRunEventsRequest(run=run, after_sequence=seen)
                responses = self._call(request, timeout=timeout_s)
                try:
                    async for response in responses:
                        pauses, seen = 0, response.event.sequence or seen
                        yield response.event
                    has_ended = True
                except Unavailable:
                    # Before the first event the caller should hear of it at once.
                    if not 0 <= pauses < _MAX_PAUSES:
                        raise
                    pauses += 1
                    await self._pause(_PAUSE_S)
        finally:
            if responses is not None:
                responses.cancel()


async def end_of_run(events: AsyncIterator[run_event_pb2.RunEvent], run: str) -> run_pb2.Run:
    """The run as it ended.

    Raises:
        Unavailable: the events stopped before the run's end.
    """
    async for event in events:
        if event.HasField("run_ended"):
            return event.run_ended.run
    raise Unavailable(
        f"the events of run {run!r} stopped before its end; ask for the run again", reason="EVENTS_STOPPED"
    )
