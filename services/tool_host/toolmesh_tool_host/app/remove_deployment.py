"""Takes a deployment out of the router, drains its process, deletes it."""

from dataclasses import replace

from toolmesh_tool_host.app.fleet import Entry, Fleet
from toolmesh_tool_host.app.ports import DeploymentStore, Logs, ToolRouter
from toolmesh_tool_host.app.retire_version import RetireVersion


class RemoveDeployment:
    """Removes."""

    def __init__(
        self, fleet: Fleet, store: DeploymentStore, router: ToolRouter, logs: Logs, retire: RetireVersion
    ) -> None:
        self._fleet = fleet
        self._store = store
        self._router = router
        self._logs = logs
        self._retire = retire

    async def __call__(self, name: str) -> None:
        """Returns when it is gone; an unknown one is no error.

        Raises:
            FailedPrecondition: it is being deployed. Unavailable: the tool router does not answer.
        """
        if name not in self._fleet.entries:
            return
        with self._fleet.claim(name) as entry:
            await self._remove(entry)
            del self._fleet.entries[name]
        await self._retire.tidy()

    async def _remove(self, entry: Entry) -> None:
        if entry.deployment is not None:
            # Written first, so that a host that stops half-way finishes it at its next start.
            await self._store.save(replace(entry.deployment, removing=True))
            async with self._fleet.registering:
                entry.removing = True
                await self._router.unregister(entry.name)
                entry.registered = ""
        if entry.process is not None:
            await self._retire.drain(entry.process)
            entry.process = None
        self._logs.forget(entry.name)
        await self._store.delete(entry.name)
