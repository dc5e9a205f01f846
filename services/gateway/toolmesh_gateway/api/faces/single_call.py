"""The plain face: one request, one RPC, one JSON answer."""

from google.protobuf.message import Message

from toolmesh_gateway.api.faces.request_filler import RequestFiller
from toolmesh_gateway.api.http.body import off_loop
from toolmesh_gateway.api.http.exchange import Exchange
from toolmesh_gateway.api.transcoding.json_text import write_json
from toolmesh_gateway.api.transcoding.writing import Writer
from toolmesh_gateway.app.ports import SingleCall


class SingleCallFace:
    """Answers a route whose RPC has one response."""

    def __init__(self, filler: RequestFiller, call: SingleCall, write: Writer) -> None:
        self._filler = filler
        self._call = call
        self._write = write

    async def __call__(self, exchange: Exchange) -> None:
        """Answers."""
        request = await self._filler.fill(exchange)
        response = await self._call(request)
        await exchange.respond(200, await off_loop(response.ByteSize(), self._json_of, response))

    def _json_of(self, response: Message) -> bytes:
        return write_json(self._write(response))
