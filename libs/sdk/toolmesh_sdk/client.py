"""The clients: `Client` blocks, `AsyncClient` is awaited; both offer the same calls."""

from collections.abc import AsyncIterator, Iterator, Sequence
from types import TracebackType
from typing import Self

import httpx

from toolmesh_core.errors import ToolMeshError
from toolmesh_sdk.async_transport import AsyncTransport
from toolmesh_sdk.connection_settings import find_connection
from toolmesh_sdk.deployment_resources import AsyncToolDeployments, ToolDeployments
from toolmesh_sdk.endpoints.platform import ask_readiness
from toolmesh_sdk.records.event import RunEvent
from toolmesh_sdk.records.run import Run, RunLimits
from toolmesh_sdk.resources import (
    Arena,
    Artifacts,
    AsyncArena,
    AsyncArtifacts,
    AsyncDocuments,
    AsyncModels,
    AsyncRuns,
    AsyncSessions,
    AsyncTools,
    AsyncToolServices,
    Documents,
    Models,
    Runs,
    Sessions,
    Tools,
    ToolServices,
)
from toolmesh_sdk.retry import RetryPolicy
from toolmesh_sdk.sync_transport import SyncTransport

DEFAULT_TIMEOUT_S = 60.0


class Client:
    """A blocking client.

    Args:
        base_url: else TOOLMESH_URL, else http://127.0.0.1:8080.
        api_key: else TOOLMESH_API_KEY, else the file api_key in TOOLMESH_DATA_DIR (./.toolmesh).
        timeout_s: seconds one call may take without hearing anything.
        retry: how often what may be repeated is sent again.
        http_transport: stands in for the network, for tests.

    Calls raise toolmesh_core.errors.ToolMeshError, and tools.invoke also ToolError.
    """

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        *,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        retry: RetryPolicy | None = None,
        http_transport: httpx.BaseTransport | None = None,
    ) -> None:
        settings = find_connection(base_url, api_key)
        self._transport = SyncTransport(settings, timeout_s, retry or RetryPolicy(), http_transport)
        self.base_url = settings.base_url
        self.runs = Runs(self._transport)
        self.tools = Tools(self._transport)
        self.tool_services = ToolServices(self._transport)
        self.tool_deployments = ToolDeployments(self._transport)
        self.documents = Documents(self._transport)
        self.sessions = Sessions(self._transport)
        self.artifacts = Artifacts(self._transport)
        self.models = Models(self._transport)
        self.arena = Arena(self._transport)

    def ask(
        self,
        text: str,
        *,
        session: str = "",
        model: str = "",
        tools: Sequence[str] = (),
        limits: RunLimits | None = None,
    ) -> Run:
        """Asks, and waits for the end of the run, or until it needs a person's approval.

        A run that fails is returned too: see its state, end_reason and error.
        """
        run = self.runs.create(text, session=session, model=model, tools=tools, limits=limits)
        return run if run.ended else self.runs.wait(run.id)

    def stream(
        self,
        text: str,
        *,
        session: str = "",
        model: str = "",
        tools: Sequence[str] = (),
        limits: RunLimits | None = None,
    ) -> Iterator[RunEvent]:
        """Asks, and gives each event as it happens; the last is RunEnded."""
        run = self.runs.create(text, session=session, model=model, tools=tools, limits=limits)
        yield from self.runs.stream(run.id)

    def healthy(self) -> bool:
        """True where the platform answers and all of it is ready."""
        try:
            return self._transport.send(ask_readiness())
        except ToolMeshError:
            return False

    def close(self) -> None:
        """Closes the connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncClient:
    """The same as Client, to be awaited. Arguments and errors are Client's."""

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        *,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        retry: RetryPolicy | None = None,
        http_transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        settings = find_connection(base_url, api_key)
        self._transport = AsyncTransport(settings, timeout_s, retry or RetryPolicy(), http_transport)
        self.base_url = settings.base_url
        self.runs = AsyncRuns(self._transport)
        self.tools = AsyncTools(self._transport)
        self.tool_services = AsyncToolServices(self._transport)
        self.tool_deployments = AsyncToolDeployments(self._transport)
        self.documents = AsyncDocuments(self._transport)
        self.sessions = AsyncSessions(self._transport)
        self.artifacts = AsyncArtifacts(self._transport)
        self.models = AsyncModels(self._transport)
        self.arena = AsyncArena(self._transport)

    async def ask(
        self,
        text: str,
        *,
        session: str = "",
        model: str = "",
        tools: Sequence[str] = (),
        limits: RunLimits | None = None,
    ) -> Run:
        """Asks, and waits for the end of the run, or until it needs a person's approval."""
        run = await self.runs.create(text, session=session, model=model, tools=tools, limits=limits)
        return run if run.ended else await self.runs.wait(run.id)

    async def stream(
        self,
        text: str,
        *,
        session: str = "",
        model: str = "",
        tools: Sequence[str] = (),
        limits: RunLimits | None = None,
    ) -> AsyncIterator[RunEvent]:
        """Asks, and gives each event as it happens; the last is RunEnded."""
        run = await self.runs.create(text, session=session, model=model, tools=tools, limits=limits)
        async for event in self.runs.stream(run.id):
            yield event

    async def healthy(self) -> bool:
        """True where the platform answers and all of it is ready."""
        try:
            return await self._transport.send(ask_readiness())
        except ToolMeshError:
            return False

    async def close(self) -> None:
        """Closes the connections."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
