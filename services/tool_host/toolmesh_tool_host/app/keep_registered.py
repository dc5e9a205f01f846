"""Keeps the tool router's registry in step: every healthy deployment is in it under its address of now."""

import asyncio
import logging
from collections.abc import Mapping

from toolmesh_core.errors import ToolMeshError
from toolmesh_tool_host.app.fleet import Entry, Fleet
from toolmesh_tool_host.app.ports import ToolRouter

logger = logging.getLogger(__name__)
_SOON_S = 0.1
# A router that lost its registry is told again within this.
_LOOK_S = 2.0


class KeepRegistered:
    """Registers what the router does not know: after a start of the host, and after the router lost its registry."""

    def __init__(self, fleet: Fleet, router: ToolRouter) -> None:
        self._fleet = fleet
        self._router = router
        self._trouble = ""

    async def run(self) -> None:
        """Looks again and again; often while something is missing."""
        while True:
            await self.look()
            waiting = any(_is_missing(entry) for entry in self._fleet.entries.values())
            await asyncio.sleep(_SOON_S if waiting else _LOOK_S)

    async def look(self) -> None:
        """One look."""
        candidates = [entry for entry in self._fleet.entries.values() if _is_candidate(entry)]
        if not candidates:
            return
        known = await self._known()
        if known is None:
            return
        for entry in candidates:
            process = entry.process
            if process is None or not _is_candidate(entry):
                continue
            address, entry.tools = known.get(entry.name, ("", entry.tools))
            if address != process.address:
                await self._register(entry, process.address)
            else:
                entry.registered = address

    async def _known(self) -> Mapping[str, tuple[str, tuple[str, ...]]] | None:
        try:
            known = await self._router.services()
        except ToolMeshError as error:
            if not self._trouble:
                logger.warning("the tool router does not list its services", extra={"detail": error.message})
            self._trouble = error.message
            return None
        self._trouble = ""
        return known

    async def _register(self, entry: Entry, address: str) -> None:
        async with self._fleet.registering:
            if not (_is_candidate(entry) and entry.process and entry.process.address == address):
                return
            try:
                entry.tools = await self._router.register(entry.name, address)
            except ToolMeshError as error:
                if entry.detail != error.message:
                    logger.error("deployment not registered", extra={"deployment": entry.name, "detail": error.message})
                entry.detail = error.message
            else:
                entry.registered, entry.detail = address, ""

    def all_registered(self) -> bool:
        """Whether every deployment serves that can."""
        return not any(_is_missing(entry) or entry.restoring for entry in self._fleet.entries.values())


def _is_candidate(entry: Entry) -> bool:
    return entry.process is not None and entry.process.healthy and not entry.removing and entry.worker is None


def _is_missing(entry: Entry) -> bool:
    if entry.deployment is None or entry.removing or entry.process is None:
        return False
    return entry.registered != entry.process.address
