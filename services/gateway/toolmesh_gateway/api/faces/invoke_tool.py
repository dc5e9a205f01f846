"""POST /v1/tools/{tool}:invoke: a tool call as one answer, or as a stream of its progress."""

from typing import Any

from toolmesh.tool.v1 import tool_pb2
from toolmesh.tool_router.v1 import tool_router_service_pb2
from toolmesh_core.errors import Internal, ToolMeshError
from toolmesh_gateway.api.faces.flags import flag_of
from toolmesh_gateway.api.faces.request_filler import RequestFiller
from toolmesh_gateway.api.http.event_stream import EventStream, first_of
from toolmesh_gateway.api.http.exchange import Exchange
from toolmesh_gateway.api.http.problem import HttpProblem, problem_of
from toolmesh_gateway.api.transcoding.json_text import embed_json, write_json
from toolmesh_gateway.api.transcoding.well_known import duration_text
from toolmesh_gateway.api.transcoding.writing import writer_of
from toolmesh_gateway.app.ports import SingleCall, Stream, StreamCall

_write_artifact = writer_of(tool_pb2.ArtifactRef.DESCRIPTOR)
_write_progress = writer_of(tool_pb2.Progress.DESCRIPTOR)


class InvokeToolFace:
    """Calls tools."""

    def __init__(self, filler: RequestFiller, call: SingleCall, stream: StreamCall, keepalive_s: float) -> None:
        self._filler = filler
        self._call = call
        self._stream_call = stream
        self._keepalive_s = keepalive_s

    async def __call__(self, exchange: Exchange) -> None:
        """Answers."""
        request = await self._filler.fill(exchange)
        if flag_of(exchange, "stream"):
            await self._stream(exchange, self._stream_call(request))
            return
        # Only one message comes, so the call may be a unary one, which costs half of a stream.
        request.result_only = True
        response = await self._call(request)
        if response.WhichOneof("event") != "result":
            raise _no_result(request.tool)
        await exchange.respond(200, write_json(invocation_json(request.tool, response.result)))

    async def _stream(self, exchange: Exchange, responses: Stream) -> None:
        try:
            async with first_of(responses) as events, EventStream(exchange, self._keepalive_s) as stream:
                try:
                    async for response in events:
                        name, value = _event_json(exchange.parameters["tool"], response)
                        await stream.send(write_json(value), name)
                except ToolMeshError as error:
                    problem = problem_of(error, "tool router")
                    await stream.send(write_json(problem.document(exchange.scope["path"])), "error")
                except HttpProblem as problem:
                    await stream.send(write_json(problem.document(exchange.scope["path"])), "error")
        finally:
            responses.cancel()


def invocation_json(tool: str, result: tool_router_service_pb2.InvocationResult) -> dict[str, Any]:
    """The answer to a call that succeeded.

    Raises:
        HttpProblem: 422 where the tool said no.
    """
    outcome = result.tool_result
    if outcome.WhichOneof("outcome") == "failure":
        raise _tool_failure(tool, outcome.failure)
    return {
        "output": embed_json(outcome.output_json),
        "attempts": result.attempts,
        "call_duration": duration_text(result.call_duration),
        "truncated": result.truncated,
        "artifacts": [_write_artifact(artifact) for artifact in outcome.artifacts],
    }


def _event_json(tool: str, response: tool_router_service_pb2.InvokeToolResponse) -> tuple[str, Any]:
    kind = response.WhichOneof("event")
    if kind == "result":
        return "result", invocation_json(tool, response.result)
    if kind == "partial_output":
        return "partial_output", {"text": response.partial_output}
    return "progress", _write_progress(response.progress)


def _tool_failure(tool: str, failure: tool_pb2.ToolFailure) -> HttpProblem:
    told = {"tool": tool, "reason": failure.reason, "message": failure.message, "retryable": failure.retryable}
    return HttpProblem(422, failure.reason or "TOOL_FAILURE", failure.message, extensions={"tool_failure": told})


def _no_result(tool: str) -> Internal:
    return Internal(
        f"the call of tool {tool!r} ended without a result; look in the tool router's log", reason="NO_RESULT"
    )
