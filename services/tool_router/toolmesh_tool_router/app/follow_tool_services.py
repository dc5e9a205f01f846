"""Looks after every tool service: leaves out one that is down, takes it back, lists its tools again."""

import asyncio
import logging
from dataclasses import dataclass

from toolmesh_core.clock import Clock
from toolmesh_core.errors import ToolMeshError
from toolmesh_tool_router.app.register_tool_service import RegisterToolService
from toolmesh_tool_router.app.tool_directory import ToolDirectory
from toolmesh_tool_router.domain.tool_registry import EndpointState

logger = logging.getLogger(__name__)
_FIRST_RETRY_S = 0.1
# Many calls that fail together bring one look, not one each.
_LEAST_GAP_S = 0.1


@dataclass(slots=True)
class _Visit:
    """When to look at a service, and how it was the last times."""

    due_at: float
    looked_at: float = float("-inf")
    listed_at: float = float("-inf")
    tools_version: str = ""
    failures: int = 0


class FollowToolServices:
    """One look at each service every `every_s`; at one that does not answer sooner, then ever more slowly.

    Args:
        every_s: seconds between looks; with `check_timeout_s` it bounds how long a dead service stays a candidate.
        relist_s: seconds after which the tools of a service that never went away are listed again; at once where it
            says with its health that they changed.
    """

    def __init__(
        self,
        directory: ToolDirectory,
        register: RegisterToolService,
        clock: Clock,
        *,
        every_s: float,
        check_timeout_s: float,
        relist_s: float,
    ) -> None:
        self._directory = directory
        self._register = register
        self._clock = clock
        self._every_s = every_s
        self._check_timeout_s = check_timeout_s
        self._relist_s = relist_s
        self._visits: dict[str, _Visit] = {}

    async def run(self) -> None:
        """Looks, waits until the next look is due or a service is suspected, and so on."""
        while True:
            await self.look()
            next_due = min((visit.due_at for visit in self._visits.values()), default=float("inf"))
            wait_s = min(max(0.0, next_due - self._clock.monotonic()), self._every_s)
            try:
                await asyncio.wait_for(self._directory.suspected.wait(), wait_s)
            except TimeoutError:
                continue

    async def look(self) -> None:
        """Looks at each service that is due or suspected, all at the same time."""
        now = self._clock.monotonic()
        names = self._directory.registry.services.keys()
        self._visits = {name: self._visits.get(name) or _Visit(now) for name in names}
        suspects, self._directory.suspects = self._directory.suspects, set()
        self._directory.suspected.clear()
        due = [
            name
            for name, visit in self._visits.items()
            if visit.due_at <= now or (name in suspects and visit.looked_at + _LEAST_GAP_S <= now)
        ]
        await asyncio.gather(*(self._look_at(name, self._visits[name], name in suspects) for name in due))

    async def _look_at(self, name: str, visit: _Visit, suspected: bool) -> None:
        if name not in self._directory.registry.services:
            return
        client = self._directory.link(name).client
        trouble = await self._trouble_of(name, visit, suspected)
        now = visit.looked_at = self._clock.monotonic()
        if not self._directory.is_reached_by(name, client):
            # It was removed, or replaced by a new version, of which this look tells nothing.
            visit.due_at = now
            return
        if trouble:
            delay_s = min(self._every_s, _FIRST_RETRY_S * 2**visit.failures)
            visit.failures += 1
            if visit.failures == 1:
                logger.warning("tool service left out", extra={"tool_service": name, "detail": trouble})
            self._directory.set_unreachable(name, trouble)
        else:
            delay_s = self._every_s
            visit.failures = 0
            self._directory.follow_breaker(name)
        visit.due_at = now + delay_s

    async def _trouble_of(self, name: str, visit: _Visit, suspected: bool) -> str:
        """Why the service cannot be called; empty when it can."""
        service, client = self._directory.registry.services[name], self._directory.link(name).client
        try:
            if not await client.is_serving(self._check_timeout_s):
                return "it says that it is not serving"
            if not self._directory.is_reached_by(name, client):
                return ""
            now, version = self._clock.monotonic(), client.tools_version
            away = service.state is EndpointState.UNREACHABLE
            changed = version != visit.tools_version
            if away or suspected or changed or now >= visit.listed_at + self._relist_s:
                await self._register.refresh(name)
                visit.listed_at, visit.tools_version = now, version
        except ToolMeshError as error:
            return error.message
        return ""

    def all_seen(self, names: set[str]) -> bool:
        """Whether each of these services has answered."""
        services = self._directory.registry.services
        return all(name in services and services[name].state is EndpointState.READY for name in names)
