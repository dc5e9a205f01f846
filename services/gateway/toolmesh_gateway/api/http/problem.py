"""Problem documents (RFC 9457), and OpenAI's error objects, out of the one tree of errors."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from toolmesh_core.errors import InvalidInput, ResourceExhausted, ToolMeshError, Unauthenticated, Unavailable
from toolmesh_core.telemetry import current_trace_id
from toolmesh_gateway.api.transcoding.reading import FieldError

_MAX_LISTED_ERRORS = 20
# MCP leaves -32000 to -32019 to implementations; clients' libraries use the first two for themselves.
_RPC_REFUSED = -32010
Headers = list[tuple[bytes, bytes]]


class HttpProblem(Exception):
    """An answer that is not what was asked for.

    Args:
        detail: what was wrong and what to do.
        extensions: further members of the document.
        code: the gRPC status name, where the HTTP status does not tell it.
    """

    def __init__(
        self,
        status: int,
        reason: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Sequence[tuple[bytes, bytes]] = (),
        extensions: dict[str, Any] | None = None,
        code: str = "",
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.reason = reason
        self.detail = detail
        self.errors = errors
        self.headers: Headers = list(headers)
        self.extensions = extensions or {}
        self.code = code

    def document(self, instance: str) -> dict[str, Any]:
        """The members of application/problem+json."""
        document: dict[str, Any] = {
            "type": f"urn:toolmesh:problem:{self.reason.lower()}",
            "title": _title(self.status),
            "status": self.status,
            "detail": self.detail,
            "reason": self.reason,
            "instance": instance,
        }
        code = self.code or _CODES.get(self.status)
        if code:
            document["code"] = code
        if self.errors:
            listed = self.errors[:_MAX_LISTED_ERRORS]
            document["errors"] = [{"field": error.field, "message": error.message} for error in listed]
        trace_id = current_trace_id()
        if trace_id:
            document["trace_id"] = trace_id
        return document | self.extensions

    def openai_error(self) -> dict[str, Any]:
        """The same in OpenAI's shape."""
        return {
            "error": {
                "message": self.detail,
                "type": _OPENAI_TYPES.get(self.status, "invalid_request_error" if self.status < 500 else "api_error"),
                "param": self.errors[0].field if self.errors else None,
                "code": self.reason.lower(),
            }
        }

    def rpc_error(self, instance: str) -> dict[str, Any]:
        """The same as a JSON-RPC error response to a message whose id is not known."""
        error = {"code": _RPC_REFUSED, "message": self.detail, "data": self.document(instance)}
        return {"jsonrpc": "2.0", "id": None, "error": error}


# The gRPC status names of the statuses that the gateway gives by itself.
_CODES = {400: "INVALID_ARGUMENT", 404: "NOT_FOUND", 500: "INTERNAL", 503: "UNAVAILABLE"}
_OPENAI_TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}


def _title(status: int) -> str:
    # 499 is what proxies write where the client went away; http does not know it.
    return "Client Closed Request" if status == 499 else HTTPStatus(status).phrase


def invalid_fields(errors: Sequence[FieldError]) -> HttpProblem:
    """A request whose fields are wrong."""
    first = errors[0]
    detail = f"{first.field or 'the body'} {first.message}"
    if len(errors) > 1:
        detail += f" (and {len(errors) - 1} more)"
    return HttpProblem(400, "INVALID_INPUT", detail, errors=errors)


def problem_of(error: ToolMeshError, neighbour: str = "") -> HttpProblem:
    """The problem that an error of the platform is.

    Args:
        neighbour: who was asked, named where it did not answer.
    """
    headers: Headers = []
    detail = error.message
    if isinstance(error, Unauthenticated):
        headers.append((b"www-authenticate", b'Bearer realm="toolmesh"'))
    if isinstance(error, ResourceExhausted) and error.retry_after_s is not None:
        headers.append((b"retry-after", str(max(1, round(error.retry_after_s + 0.5))).encode()))
    if isinstance(error, Unavailable) and error.reason == Unavailable.default_reason and neighbour:
        # gRPC's own text tells addresses, which are nobody's business outside.
        detail = f"{neighbour} does not answer; try again in a moment"
        headers.append((b"retry-after", b"1"))
    fields = [FieldError(error.field, error.message)] if isinstance(error, InvalidInput) and error.field else []
    return HttpProblem(error.http_status, error.reason, detail, errors=fields, headers=headers, code=error.code.name)
