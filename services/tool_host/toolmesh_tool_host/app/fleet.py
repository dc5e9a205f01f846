"""The deployments of this host as they run now, and the old versions that still drain."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from toolmesh_core.errors import FailedPrecondition, NotFound
from toolmesh_tool_host.app.ports import ToolProcess
from toolmesh_tool_host.domain.deployment import Deployment, DeploymentState, DeploymentView


@dataclass
class Entry:
    """One deployment.

    Attributes:
        deployment: of the version that serves; None before the first one does.
        process: of that version; None where it could not even be begun.
        registered: the address that the tool router was told.
        detail: why it does not serve, or why the last offered version was refused.
        restoring: it was there at the host's start and is not brought up again yet.
        worker: the task that deploys or removes it now.
    """

    name: str
    deployment: Deployment | None = None
    process: ToolProcess | None = None
    tools: tuple[str, ...] = ()
    registered: str = ""
    detail: str = ""
    removing: bool = False
    restoring: bool = False
    worker: "asyncio.Task[object] | None" = None

    def view(self) -> DeploymentView:
        """How it is doing."""
        restarts = self.process.restarts if self.process else 0
        state = self._state()
        detail = self.detail
        if state is DeploymentState.RESTARTING and self.process:
            detail = self.process.trouble or detail
        return DeploymentView(self.name, state, self.deployment, self.tools, detail, restarts)

    def _state(self) -> DeploymentState:
        if self.removing:
            return DeploymentState.REMOVING
        if self.deployment is None:
            return DeploymentState.STARTING if self.worker else DeploymentState.FAILED
        if self.process is None:
            return DeploymentState.FAILED
        return DeploymentState.READY if self.process.healthy else DeploymentState.RESTARTING


@dataclass
class Fleet:
    """All deployments. Only one task at a time deploys or removes one of them.

    Attributes:
        registering: held while the tool router is told of an address, and while the entry is changed with it.
    """

    entries: dict[str, Entry] = field(default_factory=dict)
    registering: asyncio.Lock = field(default_factory=asyncio.Lock)
    _retiring: "dict[asyncio.Task[None], tuple[ToolProcess, str]]" = field(default_factory=dict)
    _closing: bool = False

    def find(self, name: str) -> Entry:
        """A deployment. NotFound where there is none."""
        entry = self.entries.get(name)
        if entry is None:
            known = ", ".join(sorted(self.entries)) or "none"
            raise NotFound(f"no deployment {name[:63]!r}; there are: {known}", reason="UNKNOWN_DEPLOYMENT")
        return entry

    @contextmanager
    def claim(self, name: str) -> Iterator[Entry]:
        """The deployment, new where there was none, for this task alone.

        Raises:
            FailedPrecondition: another task has it, or the host stops.
        """
        entry = self.entries.get(name) or Entry(name)
        if entry.worker is not None or self._closing:
            what = "the host is stopping" if self._closing else f"another deployment of {name!r} is under way"
            raise FailedPrecondition(f"{what}; try again when it has ended", reason="DEPLOYMENT_UNDER_WAY")
        self.entries[name] = entry
        entry.worker = asyncio.current_task()
        try:
            yield entry
        finally:
            entry.worker = None

    def retire(
        self,
        process: ToolProcess,
        environment: str,
        after_s: float,
        grace_s: float,
        then: Callable[[], Awaitable[None]],
    ) -> None:
        """Lets an old version finish in the background: it takes calls for `after_s` more, then drains."""

        async def end() -> None:
            await asyncio.sleep(after_s)
            await process.stop(grace_s)
            self._retiring.pop(task, None)
            await then()

        task = asyncio.create_task(end())
        self._retiring[task] = process, environment
        task.add_done_callback(lambda done: self._retiring.pop(done, None))

    def environments_in_use(self) -> set[str] | None:
        """The names of environments that are needed; None while something is being deployed, which may need more."""
        if any(entry.worker for entry in self.entries.values()):
            return None
        used = {entry.deployment.environment for entry in self.entries.values() if entry.deployment}
        return used | {environment for _, environment in self._retiring.values()}

    async def end_work(self) -> None:
        """No more deployments; those under way are given up."""
        self._closing = True
        workers = [entry.worker for entry in self.entries.values() if entry.worker]
        for worker in workers:
            worker.cancel()
        if workers:
            await asyncio.wait(workers)

    async def close(self, grace_s: float) -> None:
        """Stops all processes, the old versions too."""
        await self.end_work()
        retiring = dict(self._retiring)
        for task in retiring:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*retiring, return_exceptions=True)
        processes = [entry.process for entry in self.entries.values() if entry.process]
        processes += [process for process, _ in retiring.values()]
        await asyncio.gather(*(process.stop(grace_s) for process in processes))
