"""How a tool call ended, as MCP says it: a result for the LLM to read, or an error for its client."""

from typing import Any

import orjson

from toolmesh.tool_router.v1 import tool_router_service_pb2
from toolmesh_core.errors import (
    FailedPrecondition,
    InvalidInput,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    ToolMeshError,
)
from toolmesh_gateway.api.http.problem import HttpProblem, problem_of
from toolmesh_gateway.api.mcp.json_rpc import INTERNAL_ERROR, INVALID_PARAMS, INVALID_REQUEST, RpcError
from toolmesh_gateway.api.transcoding.json_text import embed_json
from toolmesh_gateway.domain.mcp_versions import tells_argument_errors_as_results

_NEIGHBOUR = "tool router"
# Whoever called can do something about these: mend the arguments, ask a person, wait.
_FOR_THE_LLM = (InvalidInput, PermissionDenied, FailedPrecondition, ResourceExhausted)
_REASON, _RETRYABLE, _RETRY_AFTER = "toolmesh.dev/reason", "toolmesh.dev/retryable", "toolmesh.dev/retryAfterSeconds"


def success(result: tool_router_service_pb2.InvocationResult, *, is_stateless: bool) -> dict[str, Any]:
    """The result of a tool that gave an output; its artifacts are added by whoever knows them."""
    text = result.tool_result.output_json
    answer: dict[str, Any] = {"content": [_text(_readable(text))], "isError": False}
    # The versions with a handshake know objects only.
    if is_stateless or text.lstrip().startswith("{"):
        answer["structuredContent"] = embed_json(text)
    return answer


def failure(result: tool_router_service_pb2.InvocationResult) -> dict[str, Any]:
    """The result of a tool that said no."""
    told = result.tool_result.failure
    return _refusal(told.message or told.reason, {_REASON: told.reason, _RETRYABLE: told.retryable})


def refusal(error: ToolMeshError, version: str) -> dict[str, Any]:
    """The result of a call that was not made, for the LLM to read.

    Raises:
        RpcError: it is the client's or the platform's fault, and nothing an LLM could mend.
    """
    if isinstance(error, NotFound):
        raise RpcError(INVALID_PARAMS, error.message, {"reason": error.reason}) from error
    if error.reason == "REQUEST_ID_REUSED":
        message = "the id of this request, or its Idempotency-Key, was used before for another call; take a new one"
        raise RpcError(INVALID_REQUEST, message, {"reason": error.reason}) from error
    if isinstance(error, InvalidInput) and not tells_argument_errors_as_results(version):
        raise RpcError(INVALID_PARAMS, error.message, {"reason": error.reason}) from error
    if not isinstance(error, _FOR_THE_LLM):
        raise platform_failure(error) from error
    meta: dict[str, Any] = {_REASON: error.reason, _RETRYABLE: error.retryable}
    if isinstance(error, ResourceExhausted) and error.retry_after_s is not None:
        meta[_RETRY_AFTER] = error.retry_after_s
    return _refusal(error.message, meta)


def platform_failure(error: ToolMeshError) -> RpcError:
    """A failure that no text of a result may stand for."""
    problem: HttpProblem = problem_of(error, _NEIGHBOUR)
    data = {"reason": problem.reason, "code": error.code.name, "retryable": error.retryable}
    return RpcError(INTERNAL_ERROR, problem.detail, data)


def _refusal(message: str, meta: dict[str, Any]) -> dict[str, Any]:
    return {"content": [_text(message)], "isError": True, "_meta": meta}


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _readable(text: str) -> str:
    """An output as text: one that is a JSON string without its quotes, everything else to the letter."""
    return str(orjson.loads(text)) if text.startswith('"') else text
