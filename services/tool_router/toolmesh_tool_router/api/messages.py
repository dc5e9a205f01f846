"""Between the contract's messages and the domain's types."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from types import MappingProxyType

from toolmesh.tool.v1 import tool_pb2
from toolmesh.tool_router.v1 import tool_router_service_pb2, tool_service_endpoint_pb2
from toolmesh_core.call_context import current_call, user_of
from toolmesh_tool_router.domain.call_events import CallEvent, Finished, Progress, ToolCall, ToolOutcome
from toolmesh_tool_router.domain.tool_definition import ToolDefinition
from toolmesh_tool_router.domain.tool_registry import EndpointState, ToolChange, ToolService

KEY_KEY = "toolmesh-key"
APPROVED_KEY = "toolmesh-approved"
# The tag and the length that stand before each tool in a list.
_FIELD_BYTES = 6
_STATES = {
    EndpointState.READY: tool_service_endpoint_pb2.ENDPOINT_STATE_READY,
    EndpointState.UNREACHABLE: tool_service_endpoint_pb2.ENDPOINT_STATE_UNREACHABLE,
    EndpointState.BROKEN: tool_service_endpoint_pb2.ENDPOINT_STATE_BROKEN,
}


def tool_message(definition: ToolDefinition) -> tool_pb2.Tool:
    """A tool."""
    message = tool_pb2.Tool(
        name=definition.name,
        description=definition.description,
        arguments_schema_json=definition.arguments_schema_json,
        output_schema_json=definition.output_schema_json,
        idempotent=definition.idempotent,
        read_only=definition.read_only,
        needs_approval=definition.needs_approval,
        tags=definition.tags,
        version=definition.version,
        examples=definition.examples,
        result_only=definition.result_only,
        cost_usd=definition.cost_usd,
    )
    if definition.timeout_s is not None:
        message.timeout.FromTimedelta(timedelta(seconds=definition.timeout_s))
    return message


def fitting(tools: Iterable[tool_pb2.Tool], most_bytes: int) -> tuple[list[tool_pb2.Tool], list[tool_pb2.Tool]]:
    """The first tools that fit into so many bytes, one at least, and the rest: gRPC refuses larger messages."""
    first: list[tool_pb2.Tool] = []
    rest: list[tool_pb2.Tool] = []
    for tool in tools:
        most_bytes -= tool.ByteSize() + _FIELD_BYTES
        (rest if rest or (first and most_bytes < 0) else first).append(tool)
    return first, rest


def endpoint_message(service: ToolService) -> tool_service_endpoint_pb2.ToolServiceEndpoint:
    """A tool service."""
    message = tool_service_endpoint_pb2.ToolServiceEndpoint(
        name=service.name,
        address=service.address,
        state=_STATES[service.state],
        tools=sorted(tool.name for tool in service.tools),
        detail=service.detail,
    )
    message.create_time.FromDatetime(service.create_time)
    return message


def watch_message(change: ToolChange) -> tool_router_service_pb2.WatchToolsResponse:
    """A change of the callable tools."""
    if change.definition is None:
        return tool_router_service_pb2.WatchToolsResponse(removed=change.name)
    return tool_router_service_pb2.WatchToolsResponse(upserted=tool_message(change.definition))


def tool_call(
    request: tool_router_service_pb2.InvokeToolRequest, metadata: Mapping[str, str | bytes] = MappingProxyType({})
) -> ToolCall:
    """A call; the metadata, which the gateway never takes from a client, says for whom, the request only where that
    is silent. What opens doors, the key and a person's approval, is believed of the metadata alone."""
    caller, sent = current_call(), request.context
    return ToolCall(
        tool=request.tool,
        arguments_json=request.arguments_json,
        request_id=request.request_id,
        user=user_of(sent.user),
        session=caller.session or sent.session,
        run=caller.run or sent.run,
        tool_call_id=sent.tool_call_id,
        key=str(metadata.get(KEY_KEY, "")),
        approved=metadata.get(APPROVED_KEY) == "true",
        untrusted_arguments=tuple(sent.untrusted_arguments),
    )


def event_message(event: CallEvent) -> tool_router_service_pb2.InvokeToolResponse:
    """One event of a call."""
    if isinstance(event, Finished):
        return tool_router_service_pb2.InvokeToolResponse(result=_result(event))
    if isinstance(event, Progress):
        progress = tool_pb2.Progress(fraction=event.fraction, message=event.message)
        return tool_router_service_pb2.InvokeToolResponse(progress=progress)
    return tool_router_service_pb2.InvokeToolResponse(partial_output=event.text)


def _result(finished: Finished) -> tool_router_service_pb2.InvocationResult:
    message = tool_router_service_pb2.InvocationResult(
        tool_result=_tool_result(finished.outcome), attempts=finished.attempts, truncated=finished.truncated
    )
    message.call_duration.FromNanoseconds(int(finished.duration_s * 1e9))
    return message


def _tool_result(outcome: ToolOutcome) -> tool_pb2.ToolResult:
    artifacts = [
        tool_pb2.ArtifactRef(artifact=ref.artifact, media_type=ref.media_type, size_bytes=ref.size_bytes)
        for ref in outcome.artifacts
    ]
    failure = outcome.failure
    if failure is None:
        return tool_pb2.ToolResult(output_json=outcome.output_json, artifacts=artifacts)
    said = tool_pb2.ToolFailure(reason=failure.reason, message=failure.message, retryable=failure.retryable)
    return tool_pb2.ToolResult(failure=said, artifacts=artifacts)
