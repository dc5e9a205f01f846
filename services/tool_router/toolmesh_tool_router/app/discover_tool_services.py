"""Keeps the tool services that a cluster shows registered; those that were registered by hand stay as they are."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

from toolmesh_core.errors import ToolMeshError
from toolmesh_tool_router.app.register_tool_service import RegisterToolService
from toolmesh_tool_router.app.tool_directory import ToolDirectory
from toolmesh_tool_router.domain.discovered_service import namespace_of

logger = logging.getLogger(__name__)


class ToolServiceWatch(Protocol):
    """What tool services a namespace shows."""

    @property
    def namespace(self) -> str:
        """Its name."""
        ...

    def follow(self) -> AsyncIterator[Mapping[str, str]]:
        """All addresses by name, at first and after each change; never ends, and is silent while nothing is known."""
        ...


class DiscoverToolServices:
    """Registers what appears, forgets what is gone, and leaves all as it is while the cluster does not answer.

    What was discovered is kept over a restart like any tool service: with the API down, its tools are still there.
    """

    def __init__(
        self, watches: Sequence[ToolServiceWatch], register: RegisterToolService, directory: ToolDirectory
    ) -> None:
        self._watches = watches
        self._register = register
        self._directory = directory

    async def run(self) -> None:
        """Until cancelled."""
        await asyncio.gather(*(self._follow(watch) for watch in self._watches))

    async def _follow(self, watch: ToolServiceWatch) -> None:
        async for shown in watch.follow():
            for name, address in shown.items():
                await self._take(name, address)
            await self._forget(lambda namespace: namespace == watch.namespace, keep=shown)

    async def _take(self, name: str, address: str) -> None:
        known = self._directory.registry.services.get(name)
        if known is not None and known.address == address:
            return
        if known is not None and namespace_of(name, known.address) is None:
            logger.warning("tool service was registered by hand", extra={"tool_service": name, "address": address})
            return
        try:
            if known is None or not await self._took_over(name, address):
                await self._register.expect(name, address)
                self._directory.suspect(name)
        except ToolMeshError as error:
            # The next change or listing of the namespace brings it again.
            logger.error("tool service not taken", extra={"tool_service": name, "detail": error.message})

    async def _took_over(self, name: str, address: str) -> bool:
        """Whether it answers at its new address already; then its tools were never away."""
        try:
            await self._register.register(name, address)
        except ToolMeshError:
            return False
        return True

    async def forget_other_namespaces(self) -> None:
        """Forgets what an earlier setting discovered in namespaces that are no longer looked at."""
        own = {watch.namespace for watch in self._watches}
        await self._forget(lambda namespace: namespace not in own)

    async def _forget(self, of_namespace: "_Chooses", keep: Mapping[str, str] | None = None) -> None:
        for name, service in list(self._directory.registry.services.items()):
            namespace = namespace_of(name, service.address)
            if namespace is not None and of_namespace(namespace) and name not in (keep or {}):
                await self._register.unregister(name)
                logger.info("tool service is gone", extra={"tool_service": name})


class _Chooses(Protocol):
    def __call__(self, namespace: str, /) -> bool: ...
