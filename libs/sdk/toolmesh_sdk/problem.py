"""From an HTTP problem document (RFC 9457) to the platform's tree of errors, and from what httpx raises."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import grpc
import httpx

from toolmesh_core.errors import (
    DeadlineExceeded,
    InvalidInput,
    ToolError,
    ToolMeshError,
    Unavailable,
    error_class_of_code,
    error_class_of_http_status,
)
from toolmesh_sdk.server_sent_events import ServerSentEvent


def error_of_response(response: httpx.Response) -> ToolMeshError | ToolError:
    """The error that an answer of 400 or more stands for; its body must have been read."""
    body = _json_object(response.text)
    problem = _openai_problem(body["error"]) if isinstance(body.get("error"), Mapping) else body
    if not problem:
        where = f"{response.request.method} {response.request.url}"
        problem = {"detail": f"{where} answered {response.status_code}: {response.text[:200]!r}"}
    return error_of_problem({"status": response.status_code, **problem}, response.headers.get("retry-after"))


def error_of_problem(problem: Mapping[str, Any], retry_after: str | None = None) -> ToolMeshError | ToolError:
    """The error that a problem document stands for.

    Args:
        problem: with "code" (a gRPC status name) or "status", "detail", "reason", "errors", "tool_failure".
        retry_after: the Retry-After header, in seconds.
    """
    failure = problem.get("tool_failure")
    if isinstance(failure, Mapping):
        word = str(failure.get("reason") or "TOOL_ERROR")
        return ToolError(str(failure.get("message", "")), reason=word, retryable=bool(failure.get("retryable")))
    code = grpc.StatusCode.__members__.get(str(problem.get("code", "")))
    status = int(problem.get("status", 500))
    cls = error_class_of_http_status(status) if code is None else error_class_of_code(code)
    message = str(problem.get("detail") or problem.get("title") or f"HTTP {status}")
    reason = problem.get("reason")
    return cls(message, reason=str(reason) if reason else None, metadata=_metadata(problem, retry_after))


def raise_if_error(event: ServerSentEvent) -> None:
    """Raises what an event named "error" says: a stream has begun by then, so no status can say it."""
    if event.event == "error":
        raise error_of_problem(_json_object(event.data))


def _openai_problem(error: Mapping[str, Any]) -> dict[str, Any]:
    """The routes in OpenAI's shape tell errors in that shape too."""
    fields = [{"field": error["param"], "message": error.get("message", "")}] if error.get("param") else []
    return {"detail": error.get("message"), "reason": str(error.get("code") or "").upper(), "errors": fields}


def _metadata(problem: Mapping[str, Any], retry_after: str | None) -> dict[str, str]:
    facts: dict[str, str] = {}
    errors = [entry for entry in problem.get("errors") or () if isinstance(entry, Mapping)]
    if errors:
        facts["field"] = str(errors[0].get("field", ""))
        facts["errors"] = json.dumps(errors, ensure_ascii=False)
    if retry_after is not None and retry_after.strip().isdecimal():
        facts["retry_after_s"] = retry_after.strip()
    return facts


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


@contextmanager
def platform_errors(base_url: str) -> Iterator[None]:
    """Raises what goes wrong on the way from our own tree.

    Unavailable: no connection, or it broke. DeadlineExceeded: no answer in time. InvalidInput: the address is no URL.
    """
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise Unavailable(
            f"no platform at {base_url}: start it with `toolmesh up`, or say where it is with TOOLMESH_URL",
            reason="PLATFORM_UNREACHABLE",
        ) from error
    except httpx.TimeoutException as error:
        raise DeadlineExceeded(
            f"{base_url} gave no answer in time: ask again, or give the client a larger timeout_s"
        ) from error
    except (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.LocalProtocolError) as error:
        raise InvalidInput(
            f"cannot call {base_url}: {error}; an address looks like http://127.0.0.1:8080", field="base_url"
        ) from error
    except httpx.TransportError as error:
        raise Unavailable(
            f"the connection to {base_url} broke: {error}; ask again", reason="CONNECTION_LOST"
        ) from error
