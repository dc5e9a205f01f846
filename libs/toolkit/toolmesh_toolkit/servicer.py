"""The servicer of toolmesh.tool.v1.ToolService over decorated functions."""

import logging
import time
import traceback
from collections.abc import AsyncIterator, Sequence
from typing import Any

import grpc
from pydantic import ValidationError

from toolmesh.tool.v1 import tool_pb2, tool_service_pb2, tool_service_pb2_grpc
from toolmesh_core.call_context import current_call
from toolmesh_core.errors import NotFound, ToolError, ToolMeshError
from toolmesh_core.paging import decode_page_token, encode_page_token, page_size_of
from toolmesh_core.telemetry import current_trace_id
from toolmesh_toolkit.argument_errors import invalid_arguments
from toolmesh_toolkit.invocation import runner_of
from toolmesh_toolkit.pieces import Progress, Result
from toolmesh_toolkit.tool_context import ToolContext
from toolmesh_toolkit.tool_function import ToolFunction
from toolmesh_toolkit.tool_threads import ToolThreads

logger = logging.getLogger(__name__)

Response = tool_service_pb2.InvokeToolResponse


class ToolServicer(tool_service_pb2_grpc.ToolServiceServicer):
    """Serves tools: checks arguments, bounds time, threads and output, and keeps a crash inside the tool.

    Args:
        tools: what to serve; each name once.
        state: what tools find in their context.
        default_timeout_s: the limit of tools that declare none.
        max_threads: how many synchronous tools run at a time.
        max_output_bytes: the most that one call may give, partial output included.
    """

    def __init__(
        self,
        tools: Sequence[ToolFunction[..., Any]],
        *,
        state: Any = None,
        default_timeout_s: float = 30.0,
        max_threads: int = 8,
        max_output_bytes: int = 2 * 2**20,
    ) -> None:
        self._tools = {tool.name: tool for tool in sorted(tools, key=lambda tool: tool.name)}
        if len(self._tools) != len(tools):
            raise ValueError(f"a tool name is there twice in {[tool.name for tool in tools]}")
        self._runners = {tool.name: runner_of(tool.name, tool.function) for tool in tools}
        self._threads = ToolThreads(max_threads)
        self._state = state
        self._default_timeout_s = default_timeout_s
        self._max_output_bytes = max_output_bytes

    async def ListTools(  # noqa: N802
        self, request: tool_service_pb2.ListToolsRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> tool_service_pb2.ListToolsResponse:
        """Lists the tools by name."""
        after = decode_page_token(request.page_token)
        size = page_size_of(request.page_size)
        names = [name for name in self._tools if not after or name > str(after[0])]
        return tool_service_pb2.ListToolsResponse(
            tools=[self._tools[name].definition for name in names[:size]],
            next_page_token=encode_page_token(names[size - 1]) if len(names) > size else "",
        )

    async def InvokeTool(  # noqa: N802
        self, request: tool_service_pb2.InvokeToolRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[Response]:
        """Calls a tool; its own no and its crash are results."""
        tool = self._tools.get(request.tool)
        if tool is None:
            raise NotFound(f"no tool {request.tool!r} here; there are {', '.join(self._tools)}", reason="UNKNOWN_TOOL")
        kwargs = _arguments(tool, request.arguments_json)
        tool_context = self._context(tool, request)
        if tool.signature.context_parameter:
            kwargs[tool.signature.context_parameter] = tool_context
        try:
            async for response in self._pieces(tool, kwargs, tool_context.deadline):
                yield response
        except (ToolMeshError, ToolError) as error:
            if isinstance(error, ToolMeshError):
                raise
            yield _failure(error.reason, error.message, retryable=error.retryable)
        except Exception as error:  # noqa: BLE001 - the edge between a tool's code and the platform
            yield _crash(tool.name, error)
        finally:
            tool_context.cancel()

    async def _pieces(
        self, tool: ToolFunction[..., Any], kwargs: dict[str, Any], deadline: float
    ) -> AsyncIterator[Response]:
        room = self._max_output_bytes
        async for piece in self._runners[tool.name](kwargs, self._threads, deadline):
            if isinstance(piece, Progress):
                yield Response(progress=tool_pb2.Progress(fraction=piece.fraction, message=piece.message))
                continue
            if isinstance(piece, Result):
                text = tool.signature.result.dump_json(piece.value, by_alias=True, warnings="error").decode()
                response = Response(result=tool_pb2.ToolResult(output_json=text))
            else:
                response = Response(partial_output=piece)
            room -= response.ByteSize()
            if room < 0:
                raise ToolError(
                    f"the output is over {self._max_output_bytes} bytes: ask for less of it", reason="OUTPUT_TOO_LARGE"
                )
            yield response

    def _context(self, tool: ToolFunction[..., Any], request: tool_service_pb2.InvokeToolRequest) -> ToolContext[Any]:
        call = current_call()
        limit = time.monotonic() + (tool.timeout_s or self._default_timeout_s)
        sent = request.context
        return ToolContext(
            user=call.user or sent.user,
            session=call.session or sent.session,
            run=call.run or sent.run,
            call_id=sent.tool_call_id,
            request_id=request.request_id or call.request_id,
            deadline=limit if call.deadline is None else min(limit, call.deadline),
            state=self._state,
        )


def _arguments(tool: ToolFunction[..., Any], arguments_json: str) -> dict[str, Any]:
    try:
        return dict(tool.signature.arguments.validate_json(arguments_json or "{}").__dict__)
    except ValidationError as error:
        raise invalid_arguments(tool.name, error, tool.signature.arguments_schema["properties"]) from error


def _failure(reason: str, message: str, *, retryable: bool = False) -> Response:
    failure = tool_pb2.ToolFailure(reason=reason, message=message, retryable=retryable)
    return Response(result=tool_pb2.ToolResult(failure=failure))


def _crash(name: str, error: Exception) -> Response:
    """The log gets where it broke; an exception's text may hold arguments, so that only goes to DEBUG."""
    places = " < ".join(
        f"{f.filename}:{f.lineno} {f.name}" for f in reversed(traceback.extract_tb(error.__traceback__))
    )
    kind = type(error).__name__
    trace = current_trace_id()
    logger.error("tool crashed", extra={"tool": name, "error": kind, "places": places, "trace_id": trace})
    logger.debug("tool crashed", exc_info=error)
    return _failure(
        "TOOL_CRASHED", f"tool {name!r} failed unexpectedly ({kind}, trace {trace}); do not repeat this call"
    )
