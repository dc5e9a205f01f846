"""Makes a version ready beside the one that serves, and lets it take over when it is healthy."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from toolmesh_core.clock import Clock
from toolmesh_core.errors import AlreadyExists, FailedPrecondition, ToolMeshError
from toolmesh_tool_host.app.fleet import Entry, Fleet
from toolmesh_tool_host.app.ports import (
    DeploymentStore,
    Environments,
    Launch,
    Launcher,
    Logs,
    Secrets,
    ToolProcess,
    ToolRouter,
)
from toolmesh_tool_host.app.retire_version import RetireVersion
from toolmesh_tool_host.domain.deployment import Deployment, ResourceLimits
from toolmesh_tool_host.domain.requirements import needs_installing
from toolmesh_tool_host.domain.source import PythonSource, Source, SourceBounds, check_name, check_source, digest_of


@dataclass(frozen=True)
class Offer:
    """A version that is offered.

    Attributes:
        number: what its version will be.
        environment: the name of its Python environment; empty for an import.
    """

    name: str
    number: int
    source: Source
    limits: ResourceLimits
    digest: str
    environment: str
    secrets: dict[str, str] = field(repr=False)


class DeployVersion:
    """Deploys.

    Args:
        defaults: the limits of a deployment that names none.
        start_timeout_s: a version that is not healthy within is refused.
    """

    def __init__(
        self,
        fleet: Fleet,
        store: DeploymentStore,
        environments: Environments,
        launcher: Launcher,
        router: ToolRouter,
        secrets: Secrets,
        logs: Logs,
        retire: RetireVersion,
        clock: Clock,
        *,
        bounds: SourceBounds,
        defaults: ResourceLimits,
        start_timeout_s: float,
    ) -> None:
        self._fleet = fleet
        self._store = store
        self._environments = environments
        self._launcher = launcher
        self._router = router
        self._secrets = secrets
        self._logs = logs
        self._retire = retire
        self._clock = clock
        self._bounds = bounds
        self._defaults = defaults
        self._start_timeout_s = start_timeout_s

    async def __call__(self, name: str, source: Source, limits: ResourceLimits) -> AsyncGenerator[str, None]:
        """Each stage, for people. When it has ended the version serves; closing it early gives the version up.

        Raises:
            InvalidInput: a bad name, limit or source. AlreadyExists: the name, or a tool's, is taken.
            FailedPrecondition: it did not install, or is not healthy, or another one is under way.
            Unavailable: the tool router does not answer. In all cases the version before keeps serving.
        """
        check_name(name)
        check_source(source, self._bounds)
        limits.check()
        with self._fleet.claim(name) as entry:
            if _serves_already(entry, source, limits):
                entry.detail = ""
                yield "the same source serves already"
                return
            offer = await self._offer(name, source, limits, entry)
            try:
                async with aclosing(self._bring_up(offer, entry)) as stages:
                    async for stage in stages:
                        yield stage
            except BaseException as error:
                why = error.message if isinstance(error, ToolMeshError) else "it was given up before it served"
                entry.detail = f"version {offer.number} was refused: {why}"
                self._logs.note(name, entry.detail)
                raise
        await self._retire.tidy()

    async def _offer(self, name: str, source: Source, limits: ResourceLimits, entry: Entry) -> Offer:
        try:
            await self._check_name_is_free(name, entry)
            secrets = self._secrets.resolve(source.secrets)
        except BaseException:
            if entry.deployment is None and not entry.detail:
                # Nothing of it was begun, so there is nothing to tell of it.
                del self._fleet.entries[name]
            raise
        environment = self._environments.name_for(source) if isinstance(source, PythonSource) else ""
        number = entry.deployment.version + 1 if entry.deployment else 1
        return Offer(name, number, source, limits, digest_of(source), environment, secrets)

    async def _check_name_is_free(self, name: str, entry: Entry) -> None:
        """A name that the router knows and the host does not is that of somebody else's service."""
        if entry.deployment is None and name in await self._router.services():
            raise AlreadyExists(
                f"the tool router has a tool service {name!r} that was not deployed here; take another name, or "
                f"take that one out with `toolmesh tools unregister {name}`",
                reason="TOOL_SERVICE_NAME_TAKEN",
            )

    async def _bring_up(self, offer: Offer, entry: Entry) -> AsyncGenerator[str, None]:
        """The stages. Whatever does not come to serve is stopped and deleted."""
        process: ToolProcess | None = None
        try:
            yield _written(offer.source)
            path = await self._store.write_version(offer.name, offer.number, offer.source)
            if isinstance(offer.source, PythonSource):
                if not self._environments.is_ready(offer.environment):
                    yield _installing(offer.source)
                await self._environments.prepare(offer.environment, path)
            yield f"starting version {offer.number}"
            process = self._launcher.launch(
                Launch(
                    offer.name,
                    offer.number,
                    offer.source.kind,
                    path,
                    offer.environment,
                    offer.secrets,
                    offer.limits.filled_from(self._defaults),
                )
            )
            await process.start(self._start_timeout_s)
            yield await self._tools_said(offer, process)
            await _to_its_end(self._take_over(offer, entry, process))
            yield f"version {offer.number} serves"
        finally:
            if entry.process is not process or process is None:
                await self._give_up(offer, process)

    async def _tools_said(self, offer: Offer, process: ToolProcess) -> str:
        tools = await self._router.tools_at(process.address)
        if not tools:
            raise FailedPrecondition(
                f"{offer.name!r} is healthy but offers no tool; it said last: {process.trouble or 'nothing'}",
                reason="NO_TOOLS",
            )
        return f"registering {len(tools)} tool{'s' if len(tools) != 1 else ''}: {', '.join(tools[:8])}"

    async def _take_over(self, offer: Offer, entry: Entry, process: ToolProcess) -> None:
        """From the registration on, the router sends calls to the new process; the old one finishes its own."""
        now = self._clock.now()
        deployment = Deployment(
            offer.name,
            offer.number,
            offer.source.kind,
            offer.digest,
            offer.environment,
            create_time=entry.deployment.create_time if entry.deployment else now,
            update_time=now,
            secrets=offer.source.secrets,
            limits=offer.limits,
        )
        before, old = entry.deployment, entry.process
        async with self._fleet.registering:
            tools = await self._router.register(offer.name, process.address)
            try:
                await self._store.save(deployment)
            except ToolMeshError:
                await self._take_back(entry)
                raise
            entry.deployment, entry.process, entry.tools = deployment, process, tools
            entry.registered, entry.detail = process.address, ""
        self._logs.note(offer.name, f"version {offer.number} serves")
        if before is not None:
            await self._retire.begin(before, old)

    async def _take_back(self, entry: Entry) -> None:
        if entry.process is None:
            await self._router.unregister(entry.name)
        else:
            await self._router.register(entry.name, entry.process.address)

    async def _give_up(self, offer: Offer, process: ToolProcess | None) -> None:
        if process is not None:
            await process.stop(0)
        await self._store.delete_version(offer.name, offer.number)


def _serves_already(entry: Entry, source: Source, limits: ResourceLimits) -> bool:
    kept = entry.deployment
    if kept is None or entry.process is None or not entry.process.healthy:
        return False
    return (kept.digest, kept.limits) == (digest_of(source), limits)


def _written(source: Source) -> str:
    if isinstance(source, PythonSource):
        return f"writing {len(source.files)} file{'s' if len(source.files) != 1 else ''}"
    return f"writing the {source.kind} source"


def _installing(source: PythonSource) -> str:
    return "installing requirements.txt" if needs_installing(source) else "making the Python environment"


async def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Waits for something that must not stop half-way; a cancellation is passed on after its end."""
    task = asyncio.create_task(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        task.exception()  # seen; the cancellation is what is told
        raise
