"""One request of a client in its protocol version, and how it is answered: as JSON, or at the end of a stream."""

import asyncio
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any, TypeVar

from toolmesh_core.errors import PermissionDenied
from toolmesh_gateway.api.http.event_stream import EventStream
from toolmesh_gateway.api.http.exchange import Exchange
from toolmesh_gateway.api.http.problem import Headers, problem_of
from toolmesh_gateway.api.mcp.json_rpc import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    UNSUPPORTED_VERSION,
    Message,
    RpcError,
)
from toolmesh_gateway.api.mcp.server_facts import SERVER_INFO, SERVER_INFO_KEY
from toolmesh_gateway.api.transcoding.json_text import write_json
from toolmesh_gateway.domain.mcp_sessions import McpSession
from toolmesh_gateway.domain.mcp_versions import STATELESS

T = TypeVar("T")
_BAD_REQUESTS = (PARSE_ERROR, INVALID_REQUEST, INVALID_PARAMS, HEADER_MISMATCH, UNSUPPORTED_VERSION)
# The stateless versions tell by the HTTP status too; what is not here is 200.
_STATUSES = dict.fromkeys(_BAD_REQUESTS, 400) | {METHOD_NOT_FOUND: 404}
MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class RpcExchange:
    """A request being answered.

    Attributes:
        session: None in the stateless versions.
    """

    exchange: Exchange
    message: Message
    version: str
    session: McpSession | None = None

    @property
    def is_stateless(self) -> bool:
        """Whether the request stands for itself."""
        return self.version == STATELESS

    def result_document(self, result: dict[str, Any]) -> dict[str, Any]:
        """The JSON-RPC response; the stateless versions have each say whose it is and that nothing more is asked."""
        if self.is_stateless:
            meta = {SERVER_INFO_KEY: SERVER_INFO} | result.get("_meta", {})
            result = {"resultType": "complete"} | result | {"_meta": meta}
        return {"jsonrpc": "2.0", "id": self.message.id, "result": result}

    async def respond(self, result: dict[str, Any], headers: Headers | None = None) -> None:
        """Answers with a result."""
        await self.exchange.respond_json(self.result_document(result), headers=headers)

    async def fail(self, error: RpcError) -> None:
        """Answers with an error."""
        status = error.status or (_STATUSES.get(error.code, 200) if self.is_stateless else 200)
        await self.exchange.respond_json(error.document(self.message.id), status)


class Reply:
    """An answer that becomes a stream of events as soon as there is something to tell before its end.

    Args:
        keepalive_s: seconds of silence after which a stream begins too, so that no proxy takes it for the end.
    """

    def __init__(self, rpc: RpcExchange, keepalive_s: float) -> None:
        self._rpc = rpc
        self._keepalive_s = keepalive_s
        self._may_stream = accepts(rpc.exchange, "text/event-stream")
        self._stream: EventStream | None = None
        self._opening: asyncio.Task[EventStream] | None = None
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "Reply":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(kind, error, trace)

    async def wait_for(self, work: Awaitable[T]) -> T:
        """What the work gives."""
        if self._stream is not None or not self._may_stream:
            return await work
        # A timer instead of a task around the work, as nearly every call is over long before.
        timer = asyncio.get_running_loop().call_later(self._keepalive_s, self._begin_to_open)
        try:
            return await work
        finally:
            timer.cancel()
            if self._opening is not None:
                await self._opening

    async def notify(self, method: str, params: dict[str, Any]) -> None:
        """Tells the client something before the end; a client that takes no events is told nothing."""
        if not self._may_stream:
            return
        stream = self._stream or await self._open()
        await stream.send(write_json({"jsonrpc": "2.0", "method": method, "params": params}), MESSAGE)

    async def respond(self, result: dict[str, Any]) -> None:
        """Ends with a result."""
        if self._stream is None:
            await self._rpc.respond(result)
        else:
            await self._stream.send(write_json(self._rpc.result_document(result)), MESSAGE)

    async def fail(self, error: RpcError) -> None:
        """Ends with an error."""
        if self._stream is None:
            await self._rpc.fail(error)
        else:
            await self._stream.send(write_json(error.document(self._rpc.message.id)), MESSAGE)

    def _begin_to_open(self) -> None:
        self._opening = asyncio.get_running_loop().create_task(self._open())

    async def _open(self) -> EventStream:
        self._stream = await self._stack.enter_async_context(EventStream(self._rpc.exchange, self._keepalive_s))
        return self._stream


def need_scope(exchange: Exchange, scope: str) -> None:
    """Raises HttpProblem, 403, where the key lacks a scope."""
    key = exchange.key
    if key is None or key.grants(scope):
        return
    error = PermissionDenied(
        f"the key {key.name!r} lacks the scope {scope!r}; use a key that has it",
        reason="MISSING_SCOPE",
        metadata={"scope": scope},
    )
    problem = problem_of(error)
    # RFC 6750, section 3.1.
    problem.headers.append((b"www-authenticate", f'Bearer error="insufficient_scope", scope="{scope}"'.encode()))
    raise problem


def accepts(exchange: Exchange, media_type: str) -> bool:
    """Whether the Accept header allows a media type; without one, all are."""
    header = exchange.header(b"accept")
    ranges = {item.partition(";")[0].strip().lower() for item in header.split(",")} - {""}
    return not ranges or not ranges.isdisjoint((media_type, f"{media_type.partition('/')[0]}/*", "*/*"))
