"""Brings the deployments of the last start up again, each on its own, so that a bad one holds up no other."""

import asyncio
import logging

from toolmesh_core.errors import ToolMeshError
from toolmesh_tool_host.app.fleet import Entry, Fleet
from toolmesh_tool_host.app.ports import DeploymentStore, Environments, Launch, Launcher, Secrets
from toolmesh_tool_host.app.remove_deployment import RemoveDeployment
from toolmesh_tool_host.domain.deployment import Deployment, ResourceLimits

logger = logging.getLogger(__name__)
_RETRY_REMOVAL_S = 2.0


class RestoreDeployments:
    """Restores."""

    def __init__(
        self,
        fleet: Fleet,
        store: DeploymentStore,
        environments: Environments,
        launcher: Launcher,
        secrets: Secrets,
        remove: RemoveDeployment,
        defaults: ResourceLimits,
    ) -> None:
        self._fleet = fleet
        self._store = store
        self._environments = environments
        self._launcher = launcher
        self._secrets = secrets
        self._remove = remove
        self._defaults = defaults

    async def load(self) -> None:
        """Reads what there was; nothing runs yet."""
        for deployment in await self._store.load():
            self._fleet.entries[deployment.name] = Entry(
                deployment.name, deployment, detail="not started yet", restoring=True
            )

    async def run(self) -> None:
        """Starts them all; their processes are kept running from then on. Finishes removals that were under way."""
        await asyncio.gather(*(self._bring_back(entry) for entry in list(self._fleet.entries.values())))

    async def _bring_back(self, entry: Entry) -> None:
        deployment = entry.deployment
        if deployment is None:
            return
        if deployment.removing:
            entry.removing, entry.restoring = True, False
            await self._finish_removal(entry)
            return
        try:
            with self._fleet.claim(entry.name):
                await self._start(entry, deployment)
        except ToolMeshError as error:
            entry.detail = error.message
            entry.restoring = False
            logger.error("deployment not started", extra={"deployment": entry.name, "detail": error.message})

    async def _start(self, entry: Entry, deployment: Deployment) -> None:
        path = self._store.version_path(deployment)
        if deployment.environment:
            await self._environments.prepare(deployment.environment, path)
        process = self._launcher.launch(
            Launch(
                deployment.name,
                deployment.version,
                deployment.kind,
                path,
                deployment.environment,
                self._secrets.resolve(deployment.secrets),
                deployment.limits.filled_from(self._defaults),
            )
        )
        process.keep()
        entry.process, entry.detail, entry.restoring = process, "", False

    async def _finish_removal(self, entry: Entry) -> None:
        while True:
            try:
                await self._remove(entry.name)
            except ToolMeshError as error:
                entry.detail = error.message
                await asyncio.sleep(_RETRY_REMOVAL_S)
            else:
                return
