"""A tool router in memory: fakes for tool services, store, artifacts and time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from toolmesh_core.errors import ToolMeshError, Unavailable
from toolmesh_testing import FakeClock
from toolmesh_tool_router.app.admit_call import AdmitCall
from toolmesh_tool_router.app.call_tool_service import CallToolService
from toolmesh_tool_router.app.carry_out_call import CarryOutCall
from toolmesh_tool_router.app.follow_tool_services import FollowToolServices
from toolmesh_tool_router.app.invoke_tool import InvokeTool
from toolmesh_tool_router.app.policy_in_force import PolicyInForce
from toolmesh_tool_router.app.register_tool_service import RegisterToolService
from toolmesh_tool_router.app.shorten_result import ShortenResult
from toolmesh_tool_router.app.tool_directory import ToolDirectory
from toolmesh_tool_router.domain.call_events import ArtifactRef, CallEvent, ToolCall, ToolEvent, ToolOutcome
from toolmesh_tool_router.domain.circuit_breaker import BreakerState, CircuitBreaker
from toolmesh_tool_router.domain.policy.policy import Policy, Unmatched
from toolmesh_tool_router.domain.policy.rule import Effect
from toolmesh_tool_router.domain.recent_calls import RecentCalls
from toolmesh_tool_router.domain.retry_policy import RetryPolicy
from toolmesh_tool_router.domain.time_limits import TimeLimits
from toolmesh_tool_router.domain.tool_definition import ToolDefinition
from toolmesh_tool_router.domain.tool_registry import ToolService

Behaviour = ToolEvent | ToolMeshError | Callable[[], Awaitable[ToolEvent]]


def make_definition(name: str, **changes: Any) -> ToolDefinition:
    """A tool that takes one whole number "a"."""
    schema = '{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"],"additionalProperties":false}'
    return ToolDefinition(**{"name": name, "description": "Adds.", "arguments_schema_json": schema, **changes})


@dataclass
class FakeToolService:
    """Does what it was told for each call in turn; the last thing again and again."""

    definitions: list[ToolDefinition] = field(default_factory=list)
    behaviours: list[list[Behaviour]] = field(default_factory=lambda: [[ToolOutcome("4")]])
    calls: list[tuple[ToolCall, float]] = field(default_factory=list)
    serving: bool | ToolMeshError = True
    listings: int = 0
    cancelled: int = 0
    for_result: int = 0
    tools_version: str = ""
    closed: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, happened: Callable[["FakeToolService"], bool]) -> None:
        """Waits until something is true of this service."""
        while not happened(self):
            self.changed.clear()
            await self.changed.wait()

    async def list_tools(self, timeout_s: float) -> list[ToolDefinition]:
        self.listings += 1
        if isinstance(self.serving, ToolMeshError):
            raise self.serving
        return list(self.definitions)

    async def is_serving(self, timeout_s: float) -> bool:
        if isinstance(self.serving, ToolMeshError):
            raise self.serving
        return self.serving

    @asynccontextmanager
    async def invoke(self, call: ToolCall, timeout_s: float) -> AsyncIterator[AsyncIterator[ToolEvent]]:
        turn = min(len(self.calls), len(self.behaviours) - 1)
        self.calls.append((call, timeout_s))
        self.changed.set()
        try:
            yield self._play(self.behaviours[turn])
        except asyncio.CancelledError:
            self.cancelled += 1
            self.changed.set()
            raise

    async def invoke_for_result(self, call: ToolCall, timeout_s: float) -> ToolOutcome:
        self.for_result += 1
        async with self.invoke(call, timeout_s) as events:
            return [event async for event in events if isinstance(event, ToolOutcome)][-1]

    async def _play(self, events: list[Behaviour]) -> AsyncIterator[ToolEvent]:
        for event in events:
            if isinstance(event, ToolMeshError):
                raise event
            yield (await event()) if callable(event) else event

    async def close(self) -> None:
        self.closed = True


class FakeConnector:
    """Finds tool services by address; where there is none, nothing answers."""

    def __init__(self) -> None:
        self.services: dict[str, FakeToolService] = {}

    def connect(self, address: str) -> FakeToolService:
        return self.services.get(address) or FakeToolService(serving=Unavailable("connection refused"))


class FakeStore:
    """Keeps tool services in a dict."""

    def __init__(self) -> None:
        self.services: dict[str, ToolService] = {}
        self.error: ToolMeshError | None = None

    async def load(self) -> Sequence[ToolService]:
        return list(self.services.values())

    async def save(self, service: ToolService) -> None:
        if self.error:
            raise self.error
        self.services[service.name] = service

    async def delete(self, name: str) -> None:
        self.services.pop(name, None)


class FakeArtifacts:
    """Keeps outputs in a list."""

    def __init__(self) -> None:
        self.stored: list[tuple[str, bytes, str, str]] = []
        self.error: ToolMeshError | None = None

    async def store(self, user: str, content: bytes, media_type: str, file_name: str) -> ArtifactRef:
        if self.error:
            raise self.error
        self.stored.append((user, content, media_type, file_name))
        return ArtifactRef("sha256-1", media_type, len(content))


class FakeMeter:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.results: list[tuple[str, str]] = []
        self.in_flight = 0
        self.breakers: dict[str, BreakerState | None] = {}
        self.decisions: list[str] = []
        self.policy_reads: list[str] = []
        self.policy_was_read = asyncio.Event()

    def began(self, tool: str) -> None:
        self.in_flight += 1

    def ended(self, tool: str, result: str, duration_s: float) -> None:
        self.in_flight -= 1
        self.results.append((tool, result))

    def refused(self, result: str) -> None:
        self.results.append(("", result))

    def decided(self, effect: str) -> None:
        self.decisions.append(str(effect))

    def policy_read(self, result: str) -> None:
        self.policy_reads.append(result)
        self.policy_was_read.set()

    def breaker(self, service: str, state: BreakerState | None) -> None:
        self.breakers[service] = state


@dataclass
class FakeRouter:
    """All use cases over fakes; time stands still but where a back-off advances it."""

    clock: FakeClock = field(default_factory=FakeClock)
    connector: FakeConnector = field(default_factory=FakeConnector)
    store: FakeStore = field(default_factory=FakeStore)
    artifacts: FakeArtifacts = field(default_factory=FakeArtifacts)
    meter: FakeMeter = field(default_factory=FakeMeter)
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.directory = ToolDirectory(self.clock, self.meter, partial(CircuitBreaker, 3, 5.0), max_pending=4)
        self.register = RegisterToolService(self.directory, self.connector, self.store, self.clock, 5.0)
        self.follow = FollowToolServices(
            self.directory, self.register, self.clock, every_s=1.0, check_timeout_s=1.0, relist_s=15.0
        )
        # Most tests are about other things than who may call what.
        self.policy = PolicyInForce(Policy(unmatched=Unmatched(otherwise=Effect.ALLOW)), self.meter, self.clock)
        self.invoke = InvokeTool(
            self.directory,
            CarryOutCall(
                CallToolService(self.directory, self.clock),
                AdmitCall(2, 1),
                ShortenResult(self.artifacts, 1000, 200),
                self.policy,
                self.meter,
                self.clock,
                RetryPolicy(3),
                TimeLimits(30.0, 120.0),
                jitter=lambda: 1.0,
                sleep=self._sleep,
            ),
            RecentCalls(keep_s=600.0, max_calls=100, max_bytes=10_000),
            self.policy,
            self.meter,
            self.clock,
            max_arguments_bytes=1000,
            max_partial_characters=100,
        )

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.advance(seconds)

    async def add(self, name: str, *definitions: ToolDefinition, address: str = "") -> FakeToolService:
        """A registered tool service; its address is its name unless given."""
        service = FakeToolService(list(definitions))
        self.connector.services[address or name] = service
        await self.register.register(name, address or name)
        return service

    async def call(self, tool: str, arguments: str = '{"a": 3}', **changes: Any) -> list[CallEvent]:
        """All events of one call."""
        asked = ToolCall(**{"tool": tool, "arguments_json": arguments, "user": "ada", **changes})
        return [event async for event in self.invoke(asked)]

    def callable_names(self) -> list[str]:
        """The names of the tools that can be called."""
        return [tool.definition.name for tool in self.directory.callable_tools()]


@pytest.fixture
async def router() -> FakeRouter:
    return FakeRouter()


@pytest.fixture
def definition() -> Callable[..., ToolDefinition]:
    return make_definition
