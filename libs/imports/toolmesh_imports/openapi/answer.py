"""What becomes of a response: a JSON value or text for the LLM, or an error it can use."""

import asyncio
import json
from typing import Any

import httpx

from toolmesh_core.egress.body_reader import read_body
from toolmesh_core.errors import ToolError
from toolmesh_imports.openapi.bodies import kind_of
from toolmesh_imports.openapi.secrets import Redaction
from toolmesh_imports.openapi.texts import one_line

_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_MAX_ERROR_CHARS = 500
_MAX_ERROR_BYTES = 16_000
_LONG_CHARS = 100_000


async def read_answer(response: httpx.Response, host: str, max_bytes: int, redaction: Redaction) -> Any:
    """The output of a call: JSON as its value, text as text, and {"status": ...} where there is no body.

    Raises:
        ToolError: HTTP_STATUS where it is not 2xx, RESPONSE_TOO_LARGE, NOT_TEXT, BAD_RESPONSE.
    """
    if not response.is_success:
        raise await _refused(response, host, redaction)
    body, truncated = await _body(response, max_bytes)
    if truncated:
        raise ToolError(
            f"the answer of {host} has over {max_bytes} bytes: ask for less of it, for example for fewer items",
            reason="RESPONSE_TOO_LARGE",
        )
    if not body:
        return {"status": response.status_code}
    kind = kind_of(response.headers.get("content-type", "text/plain"))
    if kind == "json":
        text = _decoded(response, body)
        if len(text) <= _LONG_CHARS:
            return _json(text, host, redaction)
        return await asyncio.to_thread(_json, text, host, redaction)
    if kind in ("text", "form"):
        return redaction.clean(_decoded(response, body))
    media_type = one_line(response.headers["content-type"], 80)
    raise ToolError(f"{host} answered with {media_type}: only JSON and text can be read", reason="NOT_TEXT")


async def _body(response: httpx.Response, max_bytes: int) -> tuple[bytes, bool]:
    encoding = response.headers.get("content-encoding", "")
    return await read_body(response.aiter_raw(), encoding, max_bytes)


def _decoded(response: httpx.Response, body: bytes) -> str:
    try:
        return body.decode(response.charset_encoding or "utf-8", "replace")
    except (LookupError, ValueError):
        return body.decode("utf-8", "replace")


def _json(text: str, host: str, redaction: Redaction) -> Any:
    try:
        return redaction.clean_json(json.loads(text.removeprefix("\ufeff"), parse_constant=_no_constant))
    except (ValueError, RecursionError) as error:
        shown = one_line(redaction.clean(text), 200)
        raise ToolError(f"{host} calls its answer JSON, and it is none: {shown}", reason="BAD_RESPONSE") from error


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


async def _refused(response: httpx.Response, host: str, redaction: Redaction) -> ToolError:
    status = response.status_code
    try:
        body, _ = await _body(response, _MAX_ERROR_BYTES)
    except ToolError:
        body = b""
    # Taken out before the text is cut, since half a secret would not be found.
    said = one_line(redaction.clean(_decoded(response, body)), _MAX_ERROR_CHARS)
    phrase = f"{status} {response.reason_phrase}".strip()
    wait = one_line(response.headers.get("retry-after", ""), 40)
    message = f"{host} answered with HTTP status {phrase}{f': {said}' if said else ''}"
    if wait:
        message += f" (retry after: {wait})"
    return ToolError(message, reason="HTTP_STATUS", retryable=status in _TRY_AGAIN)
