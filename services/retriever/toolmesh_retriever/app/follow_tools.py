"""Keeps the catalog equal to the router's registry, and a copy on disk to start from before the router is back."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from toolmesh_core.errors import ToolMeshError
from toolmesh_retriever.app.ports import ToolChange, ToolFeed, ToolStore
from toolmesh_retriever.app.tool_catalog import ToolCatalog

logger = logging.getLogger(__name__)
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 2.0


@dataclass
class FollowTools:
    """Follows the router for as long as the service runs.

    Attributes:
        feed: None where no router is set.
        changed: called after each change of the catalog.
        sleep: waits between attempts; a test passes its own.
    """

    feed: ToolFeed | None
    catalog: ToolCatalog
    store: ToolStore
    changed: Callable[[], None]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _connected: bool = field(default=False, init=False)

    def outdated(self) -> str:
        """Why the tools may not be the newest; empty where they are."""
        if self.feed is None:
            return "no tool router is set"
        return "" if self._connected else "the tool router is not reachable; the tools are the last known ones"

    async def load_last_known(self) -> None:
        """Fills the catalog from disk."""
        await self.catalog.apply(await self.store.load_tools(), ())
        self.changed()

    async def run(self) -> None:
        """Never returns; a lost router is asked again with growing pauses."""
        if self.feed is None:
            return
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                async for change in self.feed.changes():
                    await self._take(change)
                    pause_s = _FIRST_PAUSE_S
                logger.info("the tool router ended the watch")
            except ToolMeshError as error:
                logger.log(
                    logging.WARNING if self._connected else logging.INFO,
                    "tool router not reachable",
                    extra={"reason": error.reason, "again_in_s": pause_s},
                )
            self._connected = False
            await self.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    async def _take(self, change: ToolChange) -> None:
        upserted, removed = list(change.upserted), list(change.removed)
        if change.snapshot:
            upserted, removed = await self.catalog.difference(upserted)
        if upserted or removed:
            await self.catalog.apply(upserted, removed)
            await self.store.apply(upserted, removed)
            self.changed()
        if change.snapshot:
            self._connected = True
            logger.info("tools followed", extra={"tools": self.catalog.size, "changed": len(upserted) + len(removed)})
