"""Server-sent events (WHATWG HTML, section 9.2), kept alive while nothing happens."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any

from toolmesh_gateway.api.http.exchange import Exchange

EVENT_STREAM = b"text/event-stream; charset=utf-8"
# Tells proxies such as nginx to hand events on at once.
_HEADERS = [(b"x-accel-buffering", b"no")]
# A neighbour says yes or no within this; after it the stream begins, so that the client need not wonder.
_FIRST_WITHIN_S = 0.5
_LINE_ENDS = bytes.maketrans(b"\r\n", b"  ")


def event_bytes(data: bytes, event: str = "", event_id: str = "") -> bytes:
    """One event. Line ends in JSON data are only white space, so they become spaces."""
    head = (f"id: {event_id}\n" if event_id else "") + (f"event: {event}\n" if event else "")
    return b"%sdata: %s\n\n" % (head.encode(), data.translate(_LINE_ENDS))


@asynccontextmanager
async def first_of(responses: AsyncIterator[Any] | Any) -> AsyncIterator[AsyncIterator[Any]]:
    """The same responses, once the first is there or is slow to come.

    Errors such as an unknown run come in the place of the first response; they are raised on entering, while an HTTP
    status can still be chosen.
    """
    responses = aiter(responses)
    first = asyncio.ensure_future(anext(responses, None))
    try:
        await asyncio.wait((first,), timeout=_FIRST_WITHIN_S)
        if first.done():
            first.result()
        yield _joined(first, responses)
    finally:
        first.cancel()
        # It must be through with `responses` before those can be closed.
        await asyncio.wait((first,))
        if not first.cancelled():
            first.exception()


async def _joined(first: "asyncio.Future[Any]", others: AsyncIterator[Any]) -> AsyncIterator[Any]:
    head = await first
    if head is None:
        return
    yield head
    async for response in others:
        yield response


class EventStream:
    """An answer that is a stream of events. Use as an async context manager; its end ends the answer.

    Args:
        keepalive_s: seconds of silence after which a comment is sent.
    """

    def __init__(self, exchange: Exchange, keepalive_s: float) -> None:
        self._exchange = exchange
        self._keepalive_s = keepalive_s
        self._loop = asyncio.get_running_loop()
        self._last_write = 0.0
        self._keeping_alive: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "EventStream":
        await self._exchange.start(200, EVENT_STREAM, list(_HEADERS))
        self._last_write = self._loop.time()
        self._keeping_alive = self._loop.create_task(self._keep_alive())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._keeping_alive is not None:
            self._keeping_alive.cancel()
        if kind is asyncio.CancelledError and not self._exchange.client_is_gone:
            await self._exchange.write(b": the gateway is stopping; come again with Last-Event-ID\n\n")
        await self._exchange.finish()

    async def send(self, data: bytes, event: str = "", event_id: str = "") -> None:
        """Sends one event."""
        self._last_write = self._loop.time()
        await self._exchange.write(event_bytes(data, event, event_id))

    async def _keep_alive(self) -> None:
        while True:
            due_in = self._last_write + self._keepalive_s - self._loop.time()
            if due_in > 0:
                await asyncio.sleep(due_in)
                continue
            self._last_write = self._loop.time()
            await self._exchange.write(b": alive\n\n")
