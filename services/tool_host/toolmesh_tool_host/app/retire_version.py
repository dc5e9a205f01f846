"""Ends versions that were replaced, and clears away what nothing needs any more."""

import asyncio

from toolmesh_tool_host.app.fleet import Fleet
from toolmesh_tool_host.app.ports import DeploymentStore, Environments, ToolProcess
from toolmesh_tool_host.domain.deployment import Deployment


class RetireVersion:
    """Drains old versions.

    Args:
        switch_s: seconds an old version still takes the calls that were on their way to it.
        drain_s: seconds that calls under way get to finish.
    """

    def __init__(
        self, fleet: Fleet, store: DeploymentStore, environments: Environments, *, switch_s: float, drain_s: float
    ) -> None:
        self._fleet = fleet
        self._store = store
        self._environments = environments
        self._switch_s = switch_s
        self._drain_s = drain_s

    async def begin(self, deployment: Deployment, process: ToolProcess | None) -> None:
        """Drains a version in the background, then deletes its files."""

        async def clear() -> None:
            await self._store.delete_version(deployment.name, deployment.version)
            await self.tidy()

        if process is None:
            await clear()
        else:
            self._fleet.retire(process, deployment.environment, self._switch_s, self._drain_s, clear)

    async def drain(self, process: ToolProcess) -> None:
        """Drains a version that no longer gets calls, and returns when it has ended."""
        await asyncio.sleep(self._switch_s)
        await process.stop(self._drain_s)

    async def tidy(self) -> None:
        """Removes the environments that no deployment needs."""
        await self._environments.keep_only(self._fleet.environments_in_use)
