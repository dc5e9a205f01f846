"""GET /v1/tool-deployments/{name}/logs: the last lines as one answer, or with ?follow=true as events that go on."""

import math

from toolmesh_core.errors import ToolMeshError
from toolmesh_gateway.api.faces.request_filler import RequestFiller
from toolmesh_gateway.api.http.event_stream import EventStream, first_of
from toolmesh_gateway.api.http.exchange import Exchange
from toolmesh_gateway.api.http.problem import problem_of
from toolmesh_gateway.api.transcoding.json_text import write_json
from toolmesh_gateway.app.ports import Stream, StreamCall


class ReadLogsFace:
    """Reads logs."""

    def __init__(self, filler: RequestFiller, call: StreamCall, keepalive_s: float) -> None:
        self._filler = filler
        self._call = call
        self._keepalive_s = keepalive_s

    async def __call__(self, exchange: Exchange) -> None:
        """Answers."""
        request = await self._filler.fill(exchange)
        # A watcher may wait for hours; one who set a Request-Timeout has a deadline in the call's context.
        responses = self._call(request, timeout=math.inf)
        try:
            await (self._follow(exchange, responses) if request.follow else self._read(exchange, responses))
        finally:
            responses.cancel()

    async def _read(self, exchange: Exchange, responses: Stream) -> None:
        lines = [line async for response in responses for line in response.lines]
        await exchange.respond_json({"lines": lines})

    async def _follow(self, exchange: Exchange, responses: Stream) -> None:
        exchange.stops_on_drain = True
        async with first_of(responses) as events, EventStream(exchange, self._keepalive_s) as stream:
            try:
                async for response in events:
                    await stream.send(write_json({"lines": list(response.lines)}), "lines")
            except ToolMeshError as error:
                document = problem_of(error, "tool host").document(exchange.scope["path"])
                await stream.send(write_json(document), "error")
