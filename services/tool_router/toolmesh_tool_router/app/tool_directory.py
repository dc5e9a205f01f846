"""The registry in force: tools, the connections to their services, their breakers, and who is told of changes."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from toolmesh_core.clock import Clock
from toolmesh_tool_router.app.ports import CallMeter, ToolServiceClient
from toolmesh_tool_router.app.tool_feed import ToolFeed
from toolmesh_tool_router.domain.circuit_breaker import BreakerState, CircuitBreaker
from toolmesh_tool_router.domain.tool_registry import EndpointState, RegisteredTool, ToolRegistry, ToolService


@dataclass(frozen=True, slots=True)
class Link:
    """How a tool service is reached."""

    client: ToolServiceClient
    breaker: CircuitBreaker


class ToolDirectory:
    """Keeps registry, links and feed in step.

    Args:
        new_breaker: a closed breaker for a new link.
        max_pending: see ToolFeed.
    """

    def __init__(
        self, clock: Clock, meter: CallMeter, new_breaker: Callable[[], CircuitBreaker], max_pending: int = 1000
    ) -> None:
        self._clock = clock
        self._meter = meter
        self._new_breaker = new_breaker
        self._registry = ToolRegistry()
        self._links: dict[str, Link] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self.feed = ToolFeed(lambda: [tool.definition for tool in self.callable_tools()], max_pending)
        self.suspects: set[str] = set()
        self.suspected = asyncio.Event()

    @property
    def registry(self) -> ToolRegistry:
        """For reading only; changes go through the directory."""
        return self._registry

    def find(self, tool: str) -> RegisteredTool:
        """The tool, callable or not. NotFound, with names close to it."""
        return self._registry.find(tool)

    def callable_tools(self) -> Sequence[RegisteredTool]:
        """The tools that can be called now, by name."""
        return self._registry.callable_tools()

    def link(self, service: str) -> Link:
        """How a known service is reached."""
        return self._links[service]

    def is_reached_by(self, service: str, client: ToolServiceClient) -> bool:
        """Whether the service was neither removed nor replaced since it had this connection."""
        link = self._links.get(service)
        return link is not None and link.client is client

    def put(self, service: ToolService, client: ToolServiceClient) -> None:
        """Adds or replaces a service; a connection that is replaced is closed when its calls are done."""
        before = self._registry.services.get(service.name)
        changes = self._registry.put(service)
        old = self._links.get(service.name)
        if old is None or old.client is not client:
            self._links[service.name] = Link(client, self._new_breaker())
            self._meter.breaker(service.name, BreakerState.CLOSED)
            self._close_later(old)
        elif before is not None and before.state is EndpointState.UNREACHABLE:
            # It was away and is back, most often as a new process: what the old one did is forgiven.
            old.breaker.succeeded()
        self.feed.publish(changes)

    def remove(self, name: str) -> None:
        """Forgets a service; an unknown one is no error."""
        changes = self._registry.remove(name)
        self._close_later(self._links.pop(name, None))
        self._meter.breaker(name, None)
        self.feed.publish(changes)

    def set_unreachable(self, name: str, detail: str) -> None:
        """Leaves a service's tools out until it answers again."""
        self.feed.publish(self._registry.set_state(name, EndpointState.UNREACHABLE, detail))

    def follow_breaker(self, name: str) -> None:
        """A service that answers is ready, unless its breaker is open."""
        link = self._links.get(name)
        if link is None:
            return
        state = link.breaker.state(self._clock.monotonic())
        self._meter.breaker(name, state)
        if state is BreakerState.OPEN:
            detail = "its calls failed one after the other; the next trial comes by itself"
            self.feed.publish(self._registry.set_state(name, EndpointState.BROKEN, detail))
        else:
            self.feed.publish(self._registry.set_state(name, EndpointState.READY))

    def suspect(self, name: str) -> None:
        """Asks for a look at a service now, since a call to it went wrong."""
        self.suspects.add(name)
        self.suspected.set()

    async def close(self) -> None:
        """Closes all connections."""
        for name in list(self._links):
            self._close_later(self._links.pop(name))
        await asyncio.gather(*self._closing)

    def _close_later(self, link: Link | None) -> None:
        if link is not None:
            task = asyncio.create_task(link.client.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
