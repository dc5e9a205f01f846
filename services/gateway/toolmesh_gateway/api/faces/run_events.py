"""GET /v1/runs/{run}:stream: a run's events as server-sent events, from where the client left off."""

import math
from contextlib import aclosing
from typing import Any

from toolmesh.planner.v1 import run_event_pb2, run_service_pb2
from toolmesh_core.errors import ToolMeshError
from toolmesh_gateway.api.faces.request_filler import RequestFiller
from toolmesh_gateway.api.http.event_stream import EventStream, first_of
from toolmesh_gateway.api.http.exchange import Exchange
from toolmesh_gateway.api.http.problem import invalid_fields, problem_of
from toolmesh_gateway.api.transcoding.json_text import write_json
from toolmesh_gateway.api.transcoding.reading import FieldError
from toolmesh_gateway.api.transcoding.writing import writer_of
from toolmesh_gateway.app.follow_run import FollowRun

_LAST_EVENT_ID = b"last-event-id"


class RunEventsFace:
    """Streams events to whoever watches; leaving does not touch the run."""

    def __init__(self, filler: RequestFiller, follow: FollowRun, keepalive_s: float) -> None:
        self._filler = filler
        self._follow = follow
        self._keepalive_s = keepalive_s
        self._write = writer_of(run_event_pb2.RunEvent.DESCRIPTOR)

    async def __call__(self, exchange: Exchange) -> None:
        """Answers."""
        request = await self._filler.fill(exchange)
        _go_on_after(exchange, request)
        exchange.stops_on_drain = True
        # A watcher may wait for hours; one who set a Request-Timeout has a deadline in the call's context.
        events = self._follow(request.run, request.after_sequence, math.inf)
        async with aclosing(events), first_of(events) as begun, EventStream(exchange, self._keepalive_s) as stream:
            try:
                async for event in begun:
                    event_id = str(event.sequence) if event.sequence else ""
                    await stream.send(write_json(self._write(event)), event.WhichOneof("event") or "unknown", event_id)
            except ToolMeshError as error:
                document = problem_of(error, "planner").document(exchange.scope["path"])
                await stream.send(write_json(document), "error")


def _go_on_after(exchange: Exchange, request: "run_service_pb2.StreamRunEventsRequest | Any") -> None:
    """Last-Event-ID, which browsers send when they come again, is a later word than the URL's after_sequence."""
    text = exchange.header(_LAST_EVENT_ID)
    if not text:
        return
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise invalid_fields([FieldError("Last-Event-ID", f"must be the sequence of an event, got {text!r}")])
    request.after_sequence = int(text)
