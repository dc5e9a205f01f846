"""The SDK's way out over HTTP: through the guarded transport, with secrets as headers and bounds on what comes back.

What goes wrong becomes a JSON-RPC error for the one request. The SDK would end the session with all its calls.
"""

import json
from collections.abc import AsyncIterator, Iterable

import httpx
import httpx2

from toolmesh_core.egress.body_reader import read_body
from toolmesh_core.egress.guarded_transport import GuardedTransport
from toolmesh_core.errors import ToolError
from toolmesh_imports.mcp.call_errors import HTTP_STATUS, NO_ANSWER, TOO_LARGE
from toolmesh_imports.mcp.options import McpLimits
from toolmesh_imports.mcp.secret_values import SecretHeader, SecretReader
from toolmesh_imports.mcp.session_watch import SessionWatch

_SESSION = "mcp-session-id"
_EVENTS = "text/event-stream"
_PLAIN = ("", "identity")
_CLOSE_TIMEOUT_S = 2.0


class _Events(httpx2.AsyncByteStream):
    """A stream of events, which may last as long as the session; the SDK bounds each event."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._response.aiter_raw():
                yield chunk
        except httpx.TransportError as error:
            raise httpx2.ReadError(str(error)) from error

    async def aclose(self) -> None:
        await self._response.aclose()


class GuardedHttp(httpx2.AsyncBaseTransport):
    """Sends the SDK's requests.

    Args:
        guard: checks each address.
        headers: read anew for each request, so that a renewed secret counts at once.
    """

    def __init__(
        self,
        guard: GuardedTransport,
        headers: Iterable[SecretHeader],
        secrets: SecretReader,
        watch: SessionWatch,
        limits: McpLimits,
    ) -> None:
        self._guard = guard
        self._headers = tuple(headers)
        self._secrets = secrets
        self._watch = watch
        self._limits = limits

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The response, or one of our own that says what went wrong."""
        if self._watch.ended.is_set():
            return _failed(NO_ANSWER, self._watch.reason)
        try:
            sent = await self._outgoing(request)
            return await self._received(sent, await self._guard.handle_async_request(sent))
        except ToolError as error:
            self._watch.refuse(error)
            return _failed(NO_ANSWER, error.message)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            self._watch.end(f"{request.url.host} cannot be reached: {error or type(error).__name__}")
            return _failed(NO_ANSWER, self._watch.reason)
        except httpx.TransportError as error:
            return _failed(NO_ANSWER, f"{request.url.host} broke off: {type(error).__name__}")

    async def _outgoing(self, request: httpx2.Request) -> httpx.Request:
        headers = httpx.Headers(request.headers.raw)
        headers["User-Agent"] = "ToolMesh/0.1 (mcp)"
        headers["Accept-Encoding"] = "identity"
        for name, value in (await self._secrets.headers(self._headers)).items():
            headers[name] = value
        timeouts = dict(request.extensions.get("timeout", {}))
        if request.method == "GET":
            # The server's own stream: it is silent as long as nothing changes.
            timeouts["read"] = None
        if request.method == "DELETE":
            timeouts = dict.fromkeys(timeouts, _CLOSE_TIMEOUT_S)
        return httpx.Request(
            request.method,
            str(request.url),
            headers=headers,
            content=await request.aread(),
            extensions={"timeout": timeouts},
        )

    async def _received(self, sent: httpx.Request, response: httpx.Response) -> httpx2.Response:
        if response.headers.get("content-encoding", "").strip().lower() not in _PLAIN:
            await response.aclose()
            return _failed(NO_ANSWER, "it packs its answers, though it was asked not to")
        if response.is_success and response.headers.get("content-type", "").lower().startswith(_EVENTS):
            return httpx2.Response(response.status_code, headers=response.headers.raw, stream=_Events(response))
        try:
            body, truncated = await read_body(response.aiter_raw(), "", self._limits.message_bytes)
        finally:
            await response.aclose()
        if truncated:
            return _failed(TOO_LARGE, "the answer is too large")
        if response.status_code == httpx.codes.NOT_FOUND and _SESSION in sent.headers:
            self._watch.end("it does not know our session any more")
        if response.is_error and sent.method == "POST" and not _is_rpc_error(body):
            return _failed(HTTP_STATUS, f"HTTP status {response.status_code}", status=response.status_code)
        return httpx2.Response(response.status_code, headers=_without_length(response), content=body)

    async def aclose(self) -> None:
        """Closes all connections."""
        await self._guard.aclose()


def _failed(code: int, message: str, *, status: int = 503) -> httpx2.Response:
    """What the SDK reads as a JSON-RPC error, and gives the id of the request."""
    error = {"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": message}}
    return httpx2.Response(status, headers={"content-type": "application/json"}, content=json.dumps(error).encode())


def _is_rpc_error(body: bytes) -> bool:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(parsed, dict) and isinstance(parsed.get("error"), dict) and "jsonrpc" in parsed


def _without_length(response: httpx.Response) -> list[tuple[bytes, bytes]]:
    dropped = (b"content-length", b"transfer-encoding")
    return [(name, value) for name, value in response.headers.raw if name.lower() not in dropped]
