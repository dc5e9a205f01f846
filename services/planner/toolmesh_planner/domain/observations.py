"""What the LLM is told of a call: the tool's output as it is, or why there is none. Data, never instruction."""

import json

from toolmesh.tool.v1.tool_pb2 import ToolFailure, ToolResult
from toolmesh_core.errors import ToolMeshError


def observation_of(result: ToolResult) -> str:
    """The content of the tool message for a result: JSON text."""
    if result.WhichOneof("outcome") == "failure":
        failure = result.failure
        return json.dumps({"error": failure.message, "reason": failure.reason}, ensure_ascii=False)
    return result.output_json


def failed(reason: str, message: str, *, retryable: bool = False) -> ToolResult:
    """A result that says why there is no output."""
    return ToolResult(failure=ToolFailure(reason=reason, message=message, retryable=retryable))


def failure_of(error: ToolMeshError) -> ToolResult:
    """The same for a call that the router refused or could not carry out."""
    return failed(error.reason, error.message, retryable=error.retryable)
