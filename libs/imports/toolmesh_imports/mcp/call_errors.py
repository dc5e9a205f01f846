"""What a failed call or connection is to ToolMesh: the server's own no is told to the LLM, a lost server is not."""

from collections.abc import Iterator

from mcp.shared.exceptions import MCPError
from mcp_types import (
    CONNECTION_CLOSED,
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    REQUEST_TIMEOUT,
    URL_ELICITATION_REQUIRED,
)

from toolmesh_core.errors import (
    DeadlineExceeded,
    FailedPrecondition,
    ToolError,
    ToolMeshError,
    Unavailable,
)
from toolmesh_imports.mcp.session_watch import SessionWatch
from toolmesh_imports.openapi.secrets import Redaction
from toolmesh_imports.openapi.texts import one_line

# Outside what JSON-RPC reserves: ours, for what a transport found out. A server that sends them itself only says
# that it is unreachable or talks too much.
TOO_LARGE = -31001
NO_ANSWER = -31002
HTTP_STATUS = -31003

_GONE = (CONNECTION_CLOSED, NO_ANSWER)
_MAX_CHARS = 500
_SSE_BROKE = "SSE stream "
_SSE_TOO_LARGE = "byte limit"


def error_of_call(error: MCPError, tool: str, watch: SessionWatch, redaction: Redaction) -> ToolError | ToolMeshError:
    """The error to raise for one that the SDK raised in a call."""
    said = one_line(redaction.clean(error.message), _MAX_CHARS)
    broke = error.code == CONNECTION_CLOSED and said.startswith(_SSE_BROKE)
    if error.code == TOO_LARGE or (broke and _SSE_TOO_LARGE in said):
        return ToolError(f"tool {tool!r}: its output is too large: ask for less of it", reason="OUTPUT_TOO_LARGE")
    if watch.ended.is_set():
        why = one_line(redaction.clean(watch.reason), 300) or "the session was closed"
        return Unavailable(f"tool {tool!r}: its MCP server is gone: {why}")
    if broke or error.code == NO_ANSWER:
        return Unavailable(f"tool {tool!r}: its MCP server gave no answer: {said}")
    if error.code == REQUEST_TIMEOUT:
        return DeadlineExceeded(f"tool {tool!r} was not done in time and was stopped", reason="TOOL_TIMEOUT")
    if error.code == URL_ELICITATION_REQUIRED:
        return input_refused(tool)
    if error.code == PARSE_ERROR:
        return ToolError(f"tool {tool!r}: its MCP server's answer cannot be read", reason="BAD_OUTPUT")
    reasons = {INVALID_PARAMS: "BAD_ARGUMENTS", METHOD_NOT_FOUND: "NOT_FOUND", HTTP_STATUS: "HTTP_STATUS"}
    return ToolError(
        f"tool {tool!r}, its MCP server refused the call: {said or error.code}",
        reason=reasons.get(error.code, "TOOL_ERROR"),
    )


def input_refused(tool: str) -> ToolError:
    """For a server that wants to ask a person or a model in the middle of a call."""
    return ToolError(
        f"tool {tool!r}: its MCP server asks for more input in the middle of the call, which is refused; "
        "give all it needs in the arguments, or use another tool",
        reason="INPUT_REQUIRED",
    )


def error_of_session(
    error: BaseException | None, server: str, watch: SessionWatch, last_words: str, redaction: Redaction
) -> ToolMeshError:
    """Why a session could not be opened, or has ended.

    Args:
        last_words: the end of what a command wrote to stderr.
    """
    cause = next(_leaves(error), None) if error is not None else None
    about = f"MCP server {server!r}"
    words = one_line(redaction.clean(last_words)[-_MAX_CHARS:], _MAX_CHARS)
    said = f"; its last words: {words}" if words else ""
    if watch.refusal is not None:
        return FailedPrecondition(f"{about}: {watch.refusal.message}", reason=watch.refusal.reason)
    if isinstance(cause, ToolMeshError):
        return cause
    if isinstance(cause, ToolError):
        return FailedPrecondition(f"{about}: {cause.message}", reason=cause.reason)
    if isinstance(cause, TimeoutError):
        return DeadlineExceeded(f"{about} was not ready in time; allow more by connect_timeout_s{said}")
    if isinstance(cause, OSError):
        return FailedPrecondition(f"{about} cannot be started: {cause.strerror or cause}")
    if cause is None or (isinstance(cause, MCPError) and cause.code in _GONE and watch.reason):
        return Unavailable(f"{about}: {watch.reason or 'the session was closed'}{said}")
    if isinstance(cause, MCPError):
        why = one_line(redaction.clean(cause.message), _MAX_CHARS)
        return FailedPrecondition(f"{about} refused a session: {why}{said}")
    return Unavailable(f"{about} does not speak MCP as it should ({type(cause).__name__}){said}")


def _leaves(error: BaseException) -> Iterator[BaseException]:
    """The errors in a group of them, as task groups raise."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner)
    else:
        yield error
