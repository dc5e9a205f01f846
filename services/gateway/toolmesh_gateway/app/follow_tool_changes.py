"""Tells whoever listens that the list of tools changed: one watch of the router for all, while anybody listens."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import Context

from toolmesh.tool_router.v1 import tool_router_service_pb2
from toolmesh_core.errors import ToolMeshError
from toolmesh_gateway.app.ports import StreamCall

_RETRY_S = 1.0
# A router that does not answer holds nobody up; what changed meanwhile is told once it does.
_READY_WITHIN_S = 2.0


class FollowToolChanges:
    """Watches the router.

    Args:
        retry_s: seconds until a watch that broke is begun anew.
        ready_within_s: how long a new listener waits for the first watch.
    """

    def __init__(
        self, watch: StreamCall, *, retry_s: float = _RETRY_S, ready_within_s: float = _READY_WITHIN_S
    ) -> None:
        self._watch = watch
        self._retry_s = retry_s
        self._ready_within_s = ready_within_s
        self._listeners: set[asyncio.Event] = set()
        self._following: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._missed_some = False

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[asyncio.Event]:
        """An event that is set whenever tools changed since it was cleared; nothing is missed from here on."""
        changed = asyncio.Event()
        self._listeners.add(changed)
        if self._following is None:
            self._ready, self._missed_some = asyncio.Event(), False
            # Without the context of the one who came first: the watch is nobody's call and has no deadline.
            self._following = asyncio.get_running_loop().create_task(self._follow(), context=Context())
        try:
            await self._until_ready()
            yield changed
        finally:
            self._listeners.discard(changed)
            if not self._listeners and self._following is not None:
                self._following.cancel()
                self._following = None

    async def _until_ready(self) -> None:
        try:
            async with asyncio.timeout(self._ready_within_s):
                await self._ready.wait()
        except TimeoutError:
            self._missed_some = True

    async def _follow(self) -> None:
        while True:
            await self._follow_once()
            self._missed_some = True
            await asyncio.sleep(self._retry_s)

    async def _follow_once(self) -> None:
        """One watch, to its end. The first message is what there is; each one after it is a change."""
        stream = None
        try:
            stream = self._watch(tool_router_service_pb2.WatchToolsRequest(), timeout=math.inf)
            is_first = True
            async for _ in stream:
                if not is_first or self._missed_some:
                    self._tell()
                is_first, self._missed_some = False, False
                self._ready.set()
        except ToolMeshError:
            # The router is away; the next watch tells that something was missed.
            return
        finally:
            if stream is not None:
                stream.cancel()

    def _tell(self) -> None:
        for listener in self._listeners:
            listener.set()
