"""Tool services over gRPC: one long-lived channel each, streams passed through."""

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from grpc_health.v1 import health_pb2, health_pb2_grpc

from toolmesh.tool.v1 import tool_pb2, tool_service_pb2, tool_service_pb2_grpc
from toolmesh_core.call_context import calling
from toolmesh_core.channel import TlsFiles, connect
from toolmesh_core.errors import DeadlineExceeded, InvalidInput, ToolMeshError, Unavailable
from toolmesh_core.health import TOOLS_VERSION_KEY
from toolmesh_tool_router.domain.call_events import (
    ArtifactContent,
    ArtifactRef,
    PartialOutput,
    Progress,
    ToolCall,
    ToolEvent,
    ToolFailure,
    ToolOutcome,
)
from toolmesh_tool_router.domain.tool_definition import ToolDefinition

_INVOKE_TOOL = "/toolmesh.tool.v1.ToolService/InvokeTool"
_MOST_TOOLS = 10_000
# Longer than any call may take: what is under way at a version that was replaced ends there.
_CLOSE_AFTER_S = 600.0


class GrpcToolService:
    """A ToolServiceClient over gRPC."""

    def __init__(self, address: str, tls: TlsFiles | None) -> None:
        self.tools_version = ""
        self._channel = connect(address, tls=tls)
        self._tools = tool_service_pb2_grpc.ToolServiceStub(self._channel)
        # A stream of exactly one message is a unary answer on the wire, and gRPC reads that at half the cost.
        self._invoke_unary: Callable[..., Awaitable[Any]] = self._channel.unary_unary(
            _INVOKE_TOOL,
            request_serializer=tool_service_pb2.InvokeToolRequest.SerializeToString,
            response_deserializer=tool_service_pb2.InvokeToolResponse.FromString,
        )
        self._health = health_pb2_grpc.HealthStub(self._channel)

    async def list_tools(self, timeout_s: float) -> list[ToolDefinition]:
        """All its tools, page by page."""
        found: list[ToolDefinition] = []
        token = ""
        with calling(timeout_s=timeout_s):
            while True:
                request = tool_service_pb2.ListToolsRequest(page_size=1000, page_token=token)
                page = await self._tools.ListTools(request)
                found += [definition_of(tool) for tool in page.tools]
                if len(found) > _MOST_TOOLS:
                    raise InvalidInput(f"it lists more than {_MOST_TOOLS} tools; split it up", field="tools")
                token = page.next_page_token
                if not token:
                    return found

    async def is_serving(self, timeout_s: float) -> bool:
        """What it says of its own health; one without a health service counts as healthy while it answers."""
        try:
            response = await self._health.Check(
                health_pb2.HealthCheckRequest(), timeout=timeout_s, on_trailing=self._note_version
            )
        except DeadlineExceeded as error:
            raise Unavailable(f"it did not answer within {timeout_s:g} s") from error
        except Unavailable:
            raise
        except ToolMeshError:
            return True
        return bool(response.status == health_pb2.HealthCheckResponse.SERVING)

    def _note_version(self, trailing: dict[str, Any]) -> None:
        self.tools_version = str(trailing.get(TOOLS_VERSION_KEY, ""))

    async def invoke_for_result(self, call: ToolCall, timeout_s: float) -> ToolOutcome:
        """Calls a tool that sends only its result."""
        response = await self._invoke_unary(_request(call), timeout=timeout_s)
        if response.WhichOneof("event") != "result":
            raise Unavailable("it says result_only and sent something else", reason="NO_RESULT")
        return _outcome_of(response.result)

    @asynccontextmanager
    async def invoke(self, call: ToolCall, timeout_s: float) -> AsyncIterator[AsyncIterator[ToolEvent]]:
        """Calls a tool; leaving the block ends the call."""
        stream = self._tools.InvokeTool(_request(call), timeout=timeout_s)
        try:
            yield _events(stream)
        finally:
            stream.cancel()

    async def close(self) -> None:
        """Lets running calls finish, then closes the channel."""
        await self._channel.close(_CLOSE_AFTER_S)


class GrpcConnector:
    """Makes GrpcToolService; every channel with the same TLS files."""

    def __init__(self, tls: TlsFiles | None = None) -> None:
        self._tls = tls

    def connect(self, address: str) -> GrpcToolService:
        """A connection; it is opened by the first call."""
        return GrpcToolService(address, self._tls)


def _request(call: ToolCall) -> tool_service_pb2.InvokeToolRequest:
    return tool_service_pb2.InvokeToolRequest(
        tool=call.tool,
        arguments_json=call.arguments_json or "{}",
        request_id=call.request_id,
        context=tool_pb2.CallContext(
            user=call.user,
            session=call.session,
            run=call.run,
            tool_call_id=call.tool_call_id,
            untrusted_arguments=call.untrusted_arguments,
            egress_hosts=call.egress_hosts,
        ),
    )


async def _events(stream: AsyncIterable[Any]) -> AsyncIterator[ToolEvent]:
    async for response in stream:
        kind = response.WhichOneof("event")
        if kind == "result":
            yield _outcome_of(response.result)
        elif kind == "partial_output":
            yield PartialOutput(response.partial_output)
        elif kind == "progress":
            yield Progress(response.progress.fraction, response.progress.message)


def _outcome_of(result: tool_pb2.ToolResult) -> ToolOutcome:
    artifacts = tuple(ArtifactRef(ref.artifact, ref.media_type, ref.size_bytes) for ref in result.artifacts)
    if result.WhichOneof("outcome") == "failure":
        failure = ToolFailure(result.failure.reason, result.failure.message, result.failure.retryable)
        return ToolOutcome(failure=failure, artifacts=artifacts)
    contents = tuple(ArtifactContent(one.media_type, one.file_name, one.content) for one in result.contents)
    return ToolOutcome(result.output_json, artifacts=artifacts, contents=contents)


def definition_of(tool: tool_pb2.Tool) -> ToolDefinition:
    """A tool of the contract as the domain has it."""
    return ToolDefinition(
        name=tool.name,
        description=tool.description,
        arguments_schema_json=tool.arguments_schema_json,
        output_schema_json=tool.output_schema_json,
        idempotent=tool.idempotent,
        read_only=tool.read_only,
        needs_approval=tool.needs_approval,
        timeout_s=tool.timeout.ToTimedelta().total_seconds() if tool.HasField("timeout") else None,
        tags=tuple(tool.tags),
        version=tool.version,
        examples=tuple(tool.examples),
        result_only=tool.result_only,
        cost_usd=tool.cost_usd,
    )
