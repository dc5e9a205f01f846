"""Adds, replaces and removes tool services."""

import asyncio
import logging

from toolmesh_core.clock import Clock
from toolmesh_core.errors import InvalidInput, ToolMeshError, Unavailable
from toolmesh_tool_router.app.ports import RegistryStore, ToolServiceClient, ToolServiceConnector
from toolmesh_tool_router.app.tool_directory import ToolDirectory
from toolmesh_tool_router.domain.tool_definition import NAME_PATTERN, ToolDefinition, check_definitions
from toolmesh_tool_router.domain.tool_registry import EndpointState, ToolService

logger = logging.getLogger(__name__)


class RegisterToolService:
    """Changes which tool services there are; one change at a time, so that two cannot take one tool's name."""

    def __init__(
        self,
        directory: ToolDirectory,
        connector: ToolServiceConnector,
        store: RegistryStore,
        clock: Clock,
        list_timeout_s: float,
    ) -> None:
        self._directory = directory
        self._connector = connector
        self._store = store
        self._clock = clock
        self._list_timeout_s = list_timeout_s
        self._one_at_a_time = asyncio.Lock()

    async def register(self, name: str, address: str) -> ToolService:
        """Asks a service for its tools and adds it, or replaces the one of its name.

        Raises:
            InvalidInput: a bad name, address or tool. AlreadyExists: a tool's name is taken. Unavailable: no answer.
        """
        _check_name_and_address(name, address)
        client = self._connector.connect(address)
        try:
            tools = await self._ask_for_tools(name, address, client)
            check_definitions(name, tools)
            async with self._one_at_a_time:
                service = self._service(name, address, tools)
                self._directory.registry.check_names(name, tools)
                await self._store.save(service)
                self._put(service, client)
                return service
        except BaseException:
            await client.close()
            raise

    async def expect(self, name: str, address: str) -> None:
        """Adds a service that may not answer yet, with its last known tools; it becomes ready when it answers."""
        _check_name_and_address(name, address)
        known = self._directory.registry.services.get(name)
        if known is not None and known.address == address:
            return
        async with self._one_at_a_time:
            waiting = ToolService(name, address, self._clock.now())
            self._directory.put(waiting, self._connector.connect(address))
            await self._store.save(waiting)

    async def restore(self) -> None:
        """Adds the services of the last start; none is ready before it has answered."""
        for service in await self._store.load():
            waiting = ToolService(service.name, service.address, service.create_time, service.tools)
            self._directory.put(waiting, self._connector.connect(service.address))

    async def refresh(self, name: str) -> None:
        """Asks a known service for its tools again. Raises as register."""
        service, client = self._directory.registry.services[name], self._directory.link(name).client
        tools = await self._ask_for_tools(name, service.address, client)
        # What is known was good; thousands of schemas compiled every few seconds would hold up calls.
        if tools != service.tools:
            check_definitions(name, tools)
        async with self._one_at_a_time:
            if not self._directory.is_reached_by(name, client):
                return
            if service.tools != tools or service.state is EndpointState.UNREACHABLE:
                self._put(self._service(name, service.address, tools), client)
            if service.tools != tools:
                await self._save_or_warn(self._directory.registry.services[name])

    async def unregister(self, name: str) -> None:
        """Forgets a service and its tools; an unknown one is no error."""
        async with self._one_at_a_time:
            await self._store.delete(name)
            self._directory.remove(name)

    async def _ask_for_tools(self, name: str, address: str, client: ToolServiceClient) -> tuple[ToolDefinition, ...]:
        try:
            return tuple(await client.list_tools(self._list_timeout_s))
        except ToolMeshError as error:
            raise Unavailable(
                f"tool service {name!r} at {address!r} did not list its tools: {error.message}; is it running there?",
                reason="TOOL_SERVICE_UNREACHABLE",
            ) from error

    def _service(self, name: str, address: str, tools: tuple[ToolDefinition, ...]) -> ToolService:
        known = self._directory.registry.services.get(name)
        created = known.create_time if known else self._clock.now()
        return ToolService(name, address, created, tools, EndpointState.READY, "")

    def _put(self, service: ToolService, client: ToolServiceClient) -> None:
        self._directory.put(service, client)
        logger.info("tool service ready", extra={"tool_service": service.name, "tools": len(service.tools)})

    async def _save_or_warn(self, service: ToolService) -> None:
        """A full disk must not take away a service that answers; its tools are listed again at the next start."""
        try:
            await self._store.save(service)
        except ToolMeshError as error:
            logger.error("tools of a service not saved", extra={"tool_service": service.name, "detail": error.message})


def _check_name_and_address(name: str, address: str) -> None:
    if not NAME_PATTERN.fullmatch(name):
        raise InvalidInput(f"'name' {name[:80]!r} must be 1 to 64 of letters, digits, '_' and '-'", field="name")
    if not address.strip():
        raise InvalidInput("'address' is empty; give a gRPC target such as \"127.0.0.1:7011\"", field="address")
