"""One HTTP request and its answer, on bare ASGI."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from toolmesh_core.errors import Cancelled
from toolmesh_gateway.api.http.problem import Headers, HttpProblem
from toolmesh_gateway.api.transcoding.json_text import write_json
from toolmesh_gateway.domain.api_key import ApiKey
from toolmesh_gateway.domain.routes import Route

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

JSON = b"application/json"
# How long, and for how much, a refused client is listened to before its connection is closed.
_LINGER_S = 2.0
_LINGER_BYTES = 16 * 2**20
_SAFETY: Headers = [(b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store")]


class Exchange:
    """A request being answered.

    Attributes:
        route: what was asked for.
        parameters: texts of the path's parameters.
        key: who asks; None on open routes.
        extra_headers: go out with whatever is answered.
        status: of the answer; 0 until it has begun.
    """

    __slots__ = (
        "_receive",
        "_send",
        "body_is_read",
        "client_is_gone",
        "extra_headers",
        "headers",
        "key",
        "parameters",
        "route",
        "scope",
        "status",
        "stops_on_drain",
    )

    def __init__(self, scope: Mapping[str, Any], receive: Receive, send: Send, route: Route) -> None:
        self.scope = scope
        self._receive = receive
        self._send = send
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.route = route
        self.parameters: dict[str, str] = {}
        self.key: ApiKey | None = None
        self.extra_headers: Headers = []
        self.status = 0
        self.body_is_read = False
        self.client_is_gone = False
        self.stops_on_drain = False

    @property
    def user(self) -> str:
        """The user of the key."""
        return self.key.user if self.key else ""

    def header(self, name: bytes) -> str:
        """A request header, by its lower-case name; empty where it is missing."""
        return self.headers.get(name, b"").decode("latin-1")

    def query(self) -> dict[str, list[str]]:
        """The query parameters."""
        raw = self.scope["query_string"]
        return parse_qs(raw.decode("latin-1"), keep_blank_values=True) if raw else {}

    async def chunks(self, limit: int) -> Any:
        """The body piece by piece; refused (413) as soon as it is known to be over `limit` bytes."""
        self._refuse_announced_size(limit)
        size, more = 0, True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self.client_is_gone = True
                raise Cancelled("the client went away while it sent its body")
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > limit:
                raise too_large(limit)
            more = message.get("more_body", False)
            if chunk:
                yield chunk
        self.body_is_read = True

    async def body(self, limit: int) -> bytes:
        """The whole body; 413 where it is over `limit` bytes."""
        self._refuse_announced_size(limit)
        message = await self._receive()
        if message["type"] == "http.request" and not message.get("more_body", False):
            # One piece: what nearly every request is.
            self.body_is_read = True
            data: bytes = message.get("body", b"")
            if len(data) > limit:
                raise too_large(limit)
            return data
        pieces = bytearray(message.get("body", b""))
        if message["type"] == "http.disconnect":
            self.client_is_gone = True
            raise Cancelled("the client went away while it sent its body")
        async for chunk in self.chunks(limit):
            pieces += chunk
            if len(pieces) > limit:
                raise too_large(limit)
        return bytes(pieces)

    async def until_client_is_gone(self) -> None:
        """Returns when the client has closed the connection; only after the body was read."""
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self.client_is_gone = True
                return

    async def respond(self, status: int, body: bytes, media_type: bytes = JSON, headers: Headers | None = None) -> None:
        """Answers at once."""
        self.status = status
        all_headers = [
            (b"content-type", media_type),
            (b"content-length", str(len(body)).encode()),
            *_SAFETY,
            *self.extra_headers,
            *(headers or ()),
        ]
        await self._send({"type": "http.response.start", "status": status, "headers": all_headers})
        await self._send({"type": "http.response.body", "body": body})

    async def respond_json(self, value: Any, status: int = 200, headers: Headers | None = None) -> None:
        """Answers with JSON."""
        await self.respond(status, write_json(value), JSON, headers)

    async def respond_problem(self, problem: HttpProblem) -> None:
        """Answers with a problem document, or with OpenAI's or JSON-RPC's error object on their routes."""
        media_type, path = JSON, self.scope["path"]
        if self.route.is_openai:
            body = write_json(problem.openai_error())
        elif self.route.is_mcp:
            body = write_json(problem.rpc_error(path))
        else:
            body, media_type = write_json(problem.document(path)), b"application/problem+json"
        if problem.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            await self.respond_and_close(problem.status, body, media_type, problem.headers)
        else:
            await self.respond(problem.status, body, media_type, problem.headers)

    async def respond_and_close(self, status: int, body: bytes, media_type: bytes, headers: Headers) -> None:
        """Answers at once although the client may still be sending, then closes the connection.

        Some of what still comes is thrown away first: closed at once, the connection would be reset, and most clients
        would lose the answer.
        """
        length = (b"content-length", str(len(body)).encode())
        await self.start(status, media_type, [length, (b"connection", b"close"), *headers])
        await self.write(body)
        with suppress(TimeoutError):
            async with asyncio.timeout(_LINGER_S):
                await self._throw_away(_LINGER_BYTES)
        await self.finish()

    async def start(self, status: int, media_type: bytes, headers: Headers | None = None) -> None:
        """Begins an answer in pieces; `write` adds one, `finish` ends it."""
        self.status = status
        all_headers = [(b"content-type", media_type), *_SAFETY, *self.extra_headers, *(headers or ())]
        await self._send({"type": "http.response.start", "status": status, "headers": all_headers})

    async def write(self, data: bytes) -> None:
        """Sends a piece."""
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def finish(self) -> None:
        """Ends an answer in pieces."""
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _throw_away(self, limit: int) -> None:
        size, more = 0, not self.body_is_read
        while more and size < limit:
            message = await self._receive()
            size += len(message.get("body", b""))
            more = message["type"] == "http.request" and message.get("more_body", False)

    def _refuse_announced_size(self, limit: int) -> None:
        announced = self.headers.get(b"content-length")
        if announced is not None and int(announced) > limit:
            raise too_large(limit)


def too_large(limit: int) -> HttpProblem:
    """A body over the limit; the connection is closed, since the rest of the body is not read."""
    detail = f"the body is larger than {limit} bytes, the limit here; send less"
    return HttpProblem(413, "BODY_TOO_LARGE", detail)
