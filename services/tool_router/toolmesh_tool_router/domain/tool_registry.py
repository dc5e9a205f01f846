"""Which tools there are, on which service, and whether they can be called now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum

from toolmesh_core.errors import AlreadyExists, NotFound
from toolmesh_core.json_schema import JsonSchema
from toolmesh_tool_router.domain.close_names import closest, pairs_of
from toolmesh_tool_router.domain.tool_definition import ToolDefinition


class EndpointState(Enum):
    """Whether calls to a tool service go through."""

    READY = "ready"
    UNREACHABLE = "unreachable"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class ToolService:
    """A process that serves tools.

    Attributes:
        detail: why it is not ready; empty when it is.
        create_time: when it was first registered.
    """

    name: str
    address: str
    create_time: datetime
    tools: tuple[ToolDefinition, ...] = ()
    state: EndpointState = EndpointState.UNREACHABLE
    detail: str = "not asked yet"


@dataclass(frozen=True, slots=True)
class RegisteredTool:
    """A tool in its place, its schema compiled once."""

    definition: ToolDefinition
    service: str
    schema: JsonSchema
    name_pairs: frozenset[str]


@dataclass(frozen=True, slots=True)
class ToolChange:
    """One change of the callable tools; without a definition the tool is gone."""

    name: str
    definition: ToolDefinition | None = None


@dataclass
class ToolRegistry:
    """All tool services and tools. Each method that changes it says how the callable tools changed."""

    services: dict[str, ToolService] = field(default_factory=dict)
    _tools: dict[str, RegisteredTool] = field(default_factory=dict)
    _callable: Sequence[RegisteredTool] | None = None

    def find(self, name: str) -> RegisteredTool:
        """The tool, callable or not. NotFound, with names close to it."""
        tool = self._tools.get(name)
        if tool is None:
            raise self._not_found(name)
        return tool

    def callable_tools(self) -> Sequence[RegisteredTool]:
        """The tools that can be called now, by name; sorted once a change, since there may be thousands."""
        if self._callable is None:
            ready = {name for name, service in self.services.items() if service.state is EndpointState.READY}
            self._callable = [self._tools[name] for name in sorted(self._tools) if self._tools[name].service in ready]
        return self._callable

    def check_names(self, service: str, definitions: Iterable[ToolDefinition]) -> None:
        """AlreadyExists where another service has a tool of the same name."""
        taken = []
        for definition in definitions:
            other = self._tools.get(definition.name)
            if other is not None and other.service != service:
                taken.append(f"{definition.name!r} is on {other.service!r}")
        if taken:
            raise AlreadyExists(
                f"tool service {service!r}: {', '.join(taken)}; rename the tool or unregister the other service",
                reason="TOOL_NAME_TAKEN",
            )

    def put(self, service: ToolService) -> list[ToolChange]:
        """Adds or replaces a service with its tools."""
        self.check_names(service.name, service.tools)
        before = self._callable_of(service.name)
        kept = {tool.name: self._tools.pop(tool.name) for tool in self._tools_of(service.name)}
        self.services[service.name] = service
        self._callable = None
        for definition in service.tools:
            self._tools[definition.name] = _registered(definition, service.name, kept.get(definition.name))
        return _difference(before, self._callable_of(service.name))

    def remove(self, name: str) -> list[ToolChange]:
        """Forgets a service with its tools; an unknown one changes nothing."""
        before = self._callable_of(name)
        for definition in self._tools_of(name):
            del self._tools[definition.name]
        self.services.pop(name, None)
        self._callable = None
        return _difference(before, {})

    def set_state(self, name: str, state: EndpointState, detail: str = "") -> list[ToolChange]:
        """Says whether calls to a service go through; an unknown one changes nothing."""
        service = self.services.get(name)
        if service is None or (service.state, service.detail) == (state, detail):
            return []
        before = self._callable_of(name)
        self.services[name] = replace(service, state=state, detail=detail)
        self._callable = None
        return _difference(before, self._callable_of(name))

    def _tools_of(self, name: str) -> tuple[ToolDefinition, ...]:
        service = self.services.get(name)
        return service.tools if service else ()

    def _callable_of(self, name: str) -> dict[str, ToolDefinition]:
        service = self.services.get(name)
        if service is None or service.state is not EndpointState.READY:
            return {}
        return {definition.name: definition for definition in service.tools}

    def _not_found(self, name: str) -> NotFound:
        close = closest(name, ((tool.definition.name, tool.name_pairs) for tool in self._tools.values()))
        hint = f"did you mean {' or '.join(repr(other) for other in close)}?" if close else "list the tools to see all"
        return NotFound(f"no tool {name[:64]!r}; {hint}", reason="UNKNOWN_TOOL")


def _registered(definition: ToolDefinition, service: str, old: RegisteredTool | None) -> RegisteredTool:
    """Compiling a schema is the dear part, so what did not change is kept."""
    if old is not None and old.definition == definition:
        return old
    schema = JsonSchema(definition.arguments_schema_json)
    return RegisteredTool(definition, service, schema, pairs_of(definition.name))


def _difference(before: dict[str, ToolDefinition], after: dict[str, ToolDefinition]) -> list[ToolChange]:
    gone = [ToolChange(name) for name in before if name not in after]
    return gone + [ToolChange(name, tool) for name, tool in after.items() if before.get(name) != tool]
