"""Sees what a server sends before the SDK does: whether it is still there, sends too much, or has changed its tools."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import anyio
from mcp.client import Transport
from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCNotification, JSONRPCRequest, JSONRPCResponse

from toolmesh_core.clock import Clock, SystemClock
from toolmesh_core.errors import ToolError

if TYPE_CHECKING:
    # The SDK has public names for what a transport is, but not for its two sides.
    from mcp.client._transport import ReadStream, TransportStreams

_WINDOW_S = 10.0
_HEADER_KEYWORD = "x-mcp-header"


class SessionWatch:
    """What is known of one session.

    Args:
        max_unasked: messages that nobody asked for in 10 s; more end the session.

    Attributes:
        ended: nothing comes any more.
        reason: why not, in a few words.
        refusal: what keeps us from connecting at all, such as a host that is not allowed.
        changed: set when the server says that its tools did, and when the session ends.
        listed: the entries of the last page of tools, as they came.
    """

    def __init__(self, max_unasked: int, clock: Clock | None = None) -> None:
        self.ended = asyncio.Event()
        self.changed = asyncio.Event()
        self.reason = ""
        self.refusal: ToolError | None = None
        self.listed: list[Any] = []
        self._max_unasked = max_unasked
        self._clock = clock or SystemClock()
        self._unasked = 0
        self._window_end = 0.0

    def end(self, reason: str) -> None:
        """Ends the session; the first reason stays."""
        if not self.ended.is_set():
            self.reason = reason
            self.ended.set()
            self.changed.set()

    def refuse(self, error: ToolError) -> None:
        """Ends the session for something that another try would not mend."""
        if not self.ended.is_set():
            self.refusal = error
            self.end(error.message)

    def admits(self, item: SessionMessage | Exception) -> bool:
        """Whether the session goes on with what came; a listing is kept on the way, and made safe for the SDK."""
        message = None if isinstance(item, Exception) else item.message
        if message is None or isinstance(message, JSONRPCRequest | JSONRPCNotification):
            return self._counted()
        if isinstance(message, JSONRPCResponse) and isinstance(entries := message.result.get("tools"), list):
            self.listed = entries
            message.result["tools"] = [_for_the_sdk(entry) for entry in entries if _has_name_and_schema(entry)]
        return True

    def _counted(self) -> bool:
        now = self._clock.monotonic()
        if now >= self._window_end:
            self._unasked, self._window_end = 0, now + _WINDOW_S
        self._unasked += 1
        if self._unasked > self._max_unasked:
            self.end(f"it sent over {self._max_unasked} messages in {_WINDOW_S:g} s that nobody asked for")
            return False
        return True


def _has_name_and_schema(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("name"), str) and isinstance(entry.get("inputSchema"), dict)


def _for_the_sdk(entry: dict[str, Any]) -> dict[str, Any]:
    """Only what it needs (for the headers of SEP-2243), since it refuses a whole page for one bad entry."""
    schema = entry["inputSchema"]
    needed = schema if _HEADER_KEYWORD in repr(schema) else {}
    return {"name": entry["name"], "inputSchema": {**needed, "type": "object"}}


class _WatchedStream:
    """A transport's incoming side, which ends when the watch says so."""

    def __init__(self, inner: "ReadStream[SessionMessage | Exception]", watch: SessionWatch) -> None:
        self._inner = inner
        self._watch = watch

    @property
    def last_context(self) -> Any:
        """The context that the SDK runs a message's handler in."""
        return getattr(self._inner, "last_context", None)

    async def receive(self) -> SessionMessage | Exception:
        try:
            return await self.__anext__()
        except StopAsyncIteration as error:
            raise anyio.EndOfStream from error

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        try:
            item = await self._inner.__anext__()
        except (StopAsyncIteration, anyio.ClosedResourceError):
            self._watch.end("it closed the connection")
            raise
        if not self._watch.admits(item):
            raise StopAsyncIteration
        return item

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


@asynccontextmanager
async def _watched(transport: Transport, watch: SessionWatch) -> "AsyncGenerator[TransportStreams]":
    async with transport as (incoming, outgoing):
        yield _WatchedStream(incoming, watch), outgoing


def watched(transport: Transport, watch: SessionWatch) -> "AbstractAsyncContextManager[TransportStreams]":
    """The transport with the watch in it."""
    return _watched(transport, watch)
