"""Streams on which a client hears that the tools changed: subscriptions/listen, and GET in the versions before it."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from toolmesh_core.errors import ResourceExhausted
from toolmesh_gateway.api.http.event_stream import EventStream
from toolmesh_gateway.api.http.exchange import Exchange
from toolmesh_gateway.api.http.problem import HttpProblem
from toolmesh_gateway.api.mcp.json_rpc import INVALID_PARAMS, RpcError
from toolmesh_gateway.api.mcp.rpc_exchange import MESSAGE, RpcExchange, accepts, need_scope
from toolmesh_gateway.api.transcoding.json_text import write_json
from toolmesh_gateway.app.follow_tool_changes import FollowToolChanges
from toolmesh_gateway.domain.mcp_sessions import McpSession
from toolmesh_gateway.domain.scopes import TOOLS_READ

_CHANGED = "notifications/tools/list_changed"
_ACKNOWLEDGED = "notifications/subscriptions/acknowledged"
_SUBSCRIPTION_KEY = "io.modelcontextprotocol/subscriptionId"


class _Ending:
    """Ends a stream from outside, after what is being sent."""

    def __init__(self, changed: asyncio.Event) -> None:
        self._changed = changed
        self.is_over = False

    def cancel(self) -> None:
        """Ends it."""
        self.is_over = True
        self._changed.set()


class NotificationStreams:
    """Opens streams.

    Args:
        max_per_key: streams of subscriptions that a key may have open; sessions have one each.
        keepalive_s: seconds of silence after which a comment is sent.
        pause_s: the least time between two notifications; what changes meanwhile is told by one.
    """

    def __init__(self, changes: FollowToolChanges, *, max_per_key: int, keepalive_s: float, pause_s: float) -> None:
        self._changes = changes
        self._max_per_key = max_per_key
        self._keepalive_s = keepalive_s
        self._pause_s = pause_s
        self._open: Counter[str] = Counter()

    async def of_session(self, exchange: Exchange, session: McpSession) -> None:
        """The stream of a session, until its client goes or opens another one."""
        need_scope(exchange, TOOLS_READ)
        need_events(exchange)
        exchange.stops_on_drain = True
        async with self._changes.listening() as changed:
            ending = _Ending(changed)
            session.listen(ending)
            try:
                async with EventStream(exchange, self._keepalive_s) as stream:
                    await self._tell(stream, changed, ending, {"jsonrpc": "2.0", "method": _CHANGED})
            finally:
                session.stop_listening(ending)

    async def of_subscription(self, rpc: RpcExchange) -> None:
        """The stream of a subscriptions/listen, until its client goes."""
        need_scope(rpc.exchange, TOOLS_READ)
        need_events(rpc.exchange)
        wanted = rpc.message.params.get("notifications")
        if not isinstance(wanted, dict):
            raise RpcError(INVALID_PARAMS, "params.notifications must be an object")
        honoured = {"toolsListChanged": True} if wanted.get("toolsListChanged") is True else {}
        rpc.exchange.stops_on_drain = True
        meta = {"_meta": {_SUBSCRIPTION_KEY: rpc.message.id}}
        with self._place(rpc.exchange):
            async with self._changes.listening() as changed, EventStream(rpc.exchange, self._keepalive_s) as stream:
                await _send(stream, _note(_ACKNOWLEDGED, meta | {"notifications": honoured}))
                # Of what it did not ask for, a client is told nothing.
                told = changed if honoured else asyncio.Event()
                try:
                    await self._tell(stream, told, _Ending(told), _note(_CHANGED, meta))
                except asyncio.CancelledError:
                    if not rpc.exchange.client_is_gone:
                        await _send(stream, rpc.result_document(meta))
                    raise

    async def _tell(self, stream: EventStream, changed: asyncio.Event, ending: _Ending, note: dict[str, Any]) -> None:
        while True:
            await changed.wait()
            if ending.is_over:
                return
            changed.clear()
            await _send(stream, note)
            await asyncio.sleep(self._pause_s)

    @contextmanager
    def _place(self, exchange: Exchange) -> Iterator[None]:
        key = exchange.key.name if exchange.key else ""
        if self._open[key] >= self._max_per_key:
            raise ResourceExhausted(
                f"the key has {self._open[key]} MCP subscriptions open, its limit; close one",
                reason="TOO_MANY_SUBSCRIPTIONS",
                retry_after_s=5.0,
            )
        self._open[key] += 1
        try:
            yield
        finally:
            self._open[key] -= 1


def need_events(exchange: Exchange) -> None:
    """Raises HttpProblem, 406, where the client takes no events, of which the answer would consist."""
    if not accepts(exchange, "text/event-stream"):
        raise HttpProblem(406, "NOT_ACCEPTABLE", "the answer is a stream; send 'Accept: text/event-stream'")


def _note(method: str, params: dict[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "method": method, "params": params}


async def _send(stream: EventStream, document: dict[str, Any]) -> None:
    await stream.send(write_json(document), MESSAGE)
