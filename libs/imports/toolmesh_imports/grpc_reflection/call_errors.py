"""What a failed call is to ToolMesh: the service's own no is told to the LLM, a lost connection is the platform's."""

import re
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

from toolmesh_core.error_status import DETAILS_KEY
from toolmesh_core.errors import DeadlineExceeded, ToolError, ToolMeshError, Unavailable
from toolmesh_imports.grpc_reflection.comments import one_line
from toolmesh_imports.grpc_reflection.secret_metadata import CallMetadata

_REASON = re.compile(r"[A-Z][A-Z0-9_]{0,62}")
_MOST_CHARACTERS = 500
_MOST_VIOLATIONS = 10
_RETRYABLE = (grpc.StatusCode.ABORTED, grpc.StatusCode.RESOURCE_EXHAUSTED)
_REFUSED = (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED)


def error_of_call(
    error: grpc.aio.AioRpcError, tool: str, address: str, metadata: CallMetadata
) -> ToolError | ToolMeshError:
    """The error to raise for a gRPC error; secrets that the service repeats are hidden."""
    code = error.code()
    said = metadata.clean(error.details() or "")
    if code is grpc.StatusCode.UNAVAILABLE:
        return Unavailable(f"tool {tool!r}: {address} cannot be reached: {one_line(said, _MOST_CHARACTERS)}")
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return DeadlineExceeded(f"tool {tool!r} was not done in time and was stopped", reason="TOOL_TIMEOUT")
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED and "larger than max" in said:
        return ToolError(f"{tool}: the output is too large: ask for less of it", reason="OUTPUT_TOO_LARGE")
    reason, violations = _details(error)
    parts = [f"the service answered {code.name}", said, *(metadata.clean(text) for text in violations)]
    if code in _REFUSED:
        parts.append("the credentials are those of ToolMesh, and whoever runs it can change them")
    message = one_line(": ".join(part for part in parts if part), _MOST_CHARACTERS)
    return ToolError(f"{tool}: {message}", reason=reason or code.name, retryable=code in _RETRYABLE)


def _details(error: grpc.aio.AioRpcError) -> tuple[str, list[str]]:
    """The reason (google.rpc.ErrorInfo) and the wrong fields (google.rpc.BadRequest), where the service tells them."""
    reason, violations = "", []
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in _status_of(error).details:
        try:
            if detail.Unpack(info) and _REASON.fullmatch(info.reason):
                reason = info.reason
            if detail.Unpack(bad):
                violations += [f"{item.field}: {item.description}" for item in bad.field_violations]
        except DecodeError:
            # The status alone says enough; details that cannot be read add nothing.
            continue
    return reason, violations[:_MOST_VIOLATIONS]


def _status_of(error: grpc.aio.AioRpcError) -> status_pb2.Status:
    # A sequence of pairs, whatever the stubs of grpc say.
    trailing: Any = error.trailing_metadata() or ()
    for key, value in trailing:
        if key == DETAILS_KEY and isinstance(value, bytes):
            try:
                return status_pb2.Status.FromString(value)
            except DecodeError:
                return status_pb2.Status()
    return status_pb2.Status()
