"""POST /v1/tool-deployments: a deployment as one answer when it serves, or as a stream of its stages."""

from toolmesh.tool_host.v1 import deployment_pb2, tool_host_service_pb2
from toolmesh_core.errors import Internal, ToolMeshError
from toolmesh_gateway.api.faces.flags import flag_of
from toolmesh_gateway.api.faces.request_filler import RequestFiller
from toolmesh_gateway.api.http.event_stream import EventStream, first_of
from toolmesh_gateway.api.http.exchange import Exchange
from toolmesh_gateway.api.http.problem import problem_of
from toolmesh_gateway.api.transcoding.json_text import write_json
from toolmesh_gateway.api.transcoding.writing import writer_of
from toolmesh_gateway.app.ports import Stream, StreamCall

_write_deployment = writer_of(deployment_pb2.Deployment.DESCRIPTOR)
# Beside base64's third: names, paths and quotes.
_JSON_ROOM = 256 * 1024


def in_base64(size: int) -> int:
    """Bytes of a JSON body that carries so many as base64."""
    return size * 4 // 3 + _JSON_ROOM


class DeployToolsFace:
    """Deploys; a client that leaves gives the version up."""

    def __init__(self, filler: RequestFiller, call: StreamCall, keepalive_s: float) -> None:
        self._filler = filler
        self._call = call
        self._keepalive_s = keepalive_s

    async def __call__(self, exchange: Exchange) -> None:
        """Answers."""
        request = await self._filler.fill(exchange)
        streams = flag_of(exchange, "stream")
        responses = self._call(request)
        try:
            await (self._stream(exchange, responses) if streams else self._wait(exchange, responses))
        finally:
            responses.cancel()

    async def _wait(self, exchange: Exchange, responses: Stream) -> None:
        async for response in responses:
            if response.WhichOneof("event") == "deployment":
                await exchange.respond_json(_write_deployment(response.deployment))
                return
        raise Internal("the tool host ended without a deployment; look in its log", reason="NO_RESULT")

    async def _stream(self, exchange: Exchange, responses: Stream) -> None:
        async with first_of(responses) as events, EventStream(exchange, self._keepalive_s) as stream:
            try:
                async for response in events:
                    await stream.send(*_event_of(response))
            except ToolMeshError as error:
                document = problem_of(error, "tool host").document(exchange.scope["path"])
                await stream.send(write_json(document), "error")


def _event_of(response: tool_host_service_pb2.DeployResponse) -> tuple[bytes, str]:
    if response.WhichOneof("event") == "deployment":
        return write_json(_write_deployment(response.deployment)), "deployment"
    return write_json({"stage": response.stage}), "stage"
