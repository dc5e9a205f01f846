"""JSON-RPC 2.0 as MCP uses it: one message a body, and errors with their HTTP status."""

from dataclasses import dataclass
from typing import Any

from toolmesh_core.errors import InvalidInput
from toolmesh_gateway.api.http.body import read_json_body
from toolmesh_gateway.api.http.exchange import Exchange
from toolmesh_gateway.domain.mcp_sessions import RequestId

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS = -32700, -32600, -32601, -32602
INTERNAL_ERROR = -32603
HEADER_MISMATCH, UNSUPPORTED_VERSION = -32020, -32022
# MCP has no code for it: the client that cancelled does not read the answer.
REQUEST_CANCELLED = -32800


class RpcError(Exception):
    """A request that gets an error instead of a result.

    Args:
        code: of JSON-RPC and MCP.
        status: of HTTP, where the versions with a handshake need one; without, they get 200 and the stateless ones
            what their table says.
    """

    def __init__(self, code: int, message: str, data: Any = None, *, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data
        self.status = status

    def document(self, request: RequestId | None) -> dict[str, Any]:
        """The JSON-RPC error response."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.data is not None:
            error["data"] = self.data
        return {"jsonrpc": "2.0", "id": request, "error": error}


@dataclass(frozen=True, slots=True)
class Message:
    """What a client sent.

    Attributes:
        id: None for a notification.
        method: empty for a response, which no request of ours waits for.
    """

    id: RequestId | None
    method: str
    params: dict[str, Any]

    @property
    def meta(self) -> dict[str, Any]:
        """What the request says about itself."""
        meta = self.params.get("_meta")
        return meta if isinstance(meta, dict) else {}

    def text(self, name: str) -> str:
        """A parameter that must be a text. RpcError: it is not, or is missing."""
        value = self.params.get(name)
        if not isinstance(value, str) or not value:
            raise RpcError(INVALID_PARAMS, f"params.{name} must be a text that is not empty")
        return value


async def read_message(exchange: Exchange, limit: int) -> Message:
    """The one message of a body.

    Raises:
        RpcError: not JSON, or no JSON-RPC message. HttpProblem: too large, or of another media type.
    """
    try:
        value = await read_json_body(exchange, limit)
    except InvalidInput as error:
        raise RpcError(PARSE_ERROR, error.message, status=400) from error
    if isinstance(value, list):
        raise RpcError(
            INVALID_REQUEST, "a batch is taken by no protocol version spoken here; send each message alone", status=400
        )
    if not isinstance(value, dict) or value.get("jsonrpc") != "2.0":
        raise _invalid('the body must be one JSON-RPC message, with "jsonrpc": "2.0"')
    return _message_of(value)


def _message_of(value: dict[str, Any]) -> Message:
    request = value.get("id")
    if "id" in value and (isinstance(request, bool) or not isinstance(request, str | int)):
        raise _invalid("'id' must be a text or a whole number")
    if "method" not in value and ("result" in value or "error" in value):
        return Message(request, "", {})
    method, params = value.get("method"), value.get("params", {})
    if not isinstance(method, str) or not method:
        raise _invalid("'method' must be a text that is not empty")
    if not isinstance(params, dict):
        raise RpcError(INVALID_PARAMS, "'params' must be an object", status=400)
    return Message(request, method, params)


def _invalid(message: str) -> RpcError:
    return RpcError(INVALID_REQUEST, message, status=400)
