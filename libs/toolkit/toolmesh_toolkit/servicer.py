"""The servicer of toolmesh.tool.v1.ToolService over decorated functions, or whatever else can be served."""

import hashlib
import logging
import time
import traceback
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

import grpc

from toolmesh.tool.v1 import tool_pb2, tool_service_pb2, tool_service_pb2_grpc
from toolmesh_core.call_context import current_call
from toolmesh_core.errors import NotFound, ToolError, ToolMeshError
from toolmesh_core.paging import decode_page_token, encode_page_token, page_size_of
from toolmesh_core.telemetry import current_trace_id
from toolmesh_toolkit.artifact import collected_artifacts
from toolmesh_toolkit.pieces import Progress, Result
from toolmesh_toolkit.served_tool import FunctionTool, ServedTool
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

    Attributes:
        tools_version: another one whenever the definitions are.
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
        self.tools_version = ""
        self._tools: dict[str, ServedTool] = {}
        self.offer([FunctionTool(tool) for tool in tools])
        self._threads = ToolThreads(max_threads)
        self._state = state
        self._default_timeout_s = default_timeout_s
        self._max_output_bytes = max_output_bytes

    def offer(self, tools: Iterable[ServedTool]) -> None:
        """Serves these tools from now on, in the place of those before; calls that run go on.

        Raises:
            ValueError: a name is there twice.
        """
        ordered = sorted(tools, key=lambda tool: tool.definition.name)
        by_name = {tool.definition.name: tool for tool in ordered}
        if len(by_name) != len(ordered):
            raise ValueError(f"a tool name is there twice in {[tool.definition.name for tool in ordered]}")
        self._tools = by_name
        digest = hashlib.sha256()
        for tool in ordered:
            digest.update(tool.definition.SerializeToString(deterministic=True))
        self.tools_version = digest.hexdigest()[:16]

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
        tool_context = self._context(tool, request)
        try:
            async for response in self._pieces(tool, request.arguments_json, tool_context):
                yield response
        except (ToolMeshError, ToolError) as error:
            if isinstance(error, ToolMeshError):
                raise
            yield _failure(error.reason, error.message, retryable=error.retryable)
        except Exception as error:  # noqa: BLE001 - the edge between a tool's code and the platform
            yield _crash(request.tool, error)
        finally:
            tool_context.cancel()

    async def _pieces(
        self, tool: ServedTool, arguments_json: str, context: ToolContext[Any]
    ) -> AsyncIterator[Response]:
        room = self._max_output_bytes
        async for piece in tool.start(arguments_json, context, self._threads):
            if isinstance(piece, Progress):
                yield Response(progress=tool_pb2.Progress(fraction=piece.fraction, message=piece.message))
                continue
            response = _result(tool, piece.value) if isinstance(piece, Result) else Response(partial_output=piece)
            room -= response.ByteSize()
            if room < 0:
                raise ToolError(
                    f"the output is over {self._max_output_bytes} bytes: ask for less of it", reason="OUTPUT_TOO_LARGE"
                )
            yield response

    def _context(self, tool: ServedTool, request: tool_service_pb2.InvokeToolRequest) -> ToolContext[Any]:
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


def _result(tool: ServedTool, value: Any) -> Response:
    with collected_artifacts() as artifacts:
        text = tool.output_json(value)
    # The same file may stand in the output twice.
    contents = [
        tool_pb2.ArtifactContent(media_type=one.media_type, file_name=one.file_name, content=one.data)
        for one in {one.id: one for one in artifacts}.values()
    ]
    return Response(result=tool_pb2.ToolResult(output_json=text, contents=contents))


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
