"""What the use cases need of the world outside."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from toolmesh_tool_router.domain.call_events import ArtifactRef, ToolCall, ToolEvent, ToolOutcome
from toolmesh_tool_router.domain.circuit_breaker import BreakerState
from toolmesh_tool_router.domain.tool_definition import ToolDefinition
from toolmesh_tool_router.domain.tool_registry import ToolService


class ToolServiceClient(Protocol):
    """A connection to one tool service; failures are raised as ToolMeshError.

    Attributes:
        tools_version: what it last said with its health: another text whenever its tools are others; empty where it
            says nothing.
    """

    tools_version: str

    async def list_tools(self, timeout_s: float) -> list[ToolDefinition]:
        """All its tools."""
        ...

    async def is_serving(self, timeout_s: float) -> bool:
        """What it says of its own health."""
        ...

    async def invoke_for_result(self, call: ToolCall, timeout_s: float) -> ToolOutcome:
        """Calls a tool that is known to send only its result; much cheaper than invoke."""
        ...

    def invoke(self, call: ToolCall, timeout_s: float) -> AbstractAsyncContextManager[AsyncIterator[ToolEvent]]:
        """Calls a tool; leaving the block ends the call."""
        ...

    async def close(self) -> None:
        """Lets running calls finish, then ends the connection."""
        ...


class ToolServiceConnector(Protocol):
    """Makes connections to tool services."""

    def connect(self, address: str) -> ToolServiceClient:
        """A connection; it is opened by the first call."""
        ...


class RegistryStore(Protocol):
    """Where the registry survives a restart."""

    async def load(self) -> Sequence[ToolService]:
        """All tool services with their last known tools."""
        ...

    async def save(self, service: ToolService) -> None:
        """Keeps a service, in place of what was kept under its name."""
        ...

    async def delete(self, name: str) -> None:
        """Forgets a service."""
        ...


class ArtifactStore(Protocol):
    """Where whole outputs are kept."""

    async def store(self, user: str, content: bytes, media_type: str, file_name: str) -> ArtifactRef:
        """Keeps an output for a user."""
        ...


class PolicyText(Protocol):
    """Where the operator's policy is written."""

    @property
    def name(self) -> str:
        """What faults are told with."""
        ...

    def version(self) -> object:
        """Something that is another when the text is; None where there is no text now."""
        ...

    def read(self) -> str:
        """The text. InvalidInput where it cannot be read."""
        ...


class CallMeter(Protocol):
    """Counts and times calls."""

    def began(self, tool: str) -> None:
        """A call of a known tool was accepted."""
        ...

    def ended(self, tool: str, result: str, duration_s: float) -> None:
        """An accepted call is over; result is "ok", "tool_failure" or the error's kind."""
        ...

    def refused(self, result: str) -> None:
        """A call was refused before it was accepted."""
        ...

    def decided(self, effect: str) -> None:
        """The policy decided on a call: "allow", "deny", "hold" or "limit"."""
        ...

    def policy_read(self, result: str) -> None:
        """The policy file was read: "taken" or "refused"."""
        ...

    def breaker(self, service: str, state: BreakerState | None) -> None:
        """The state of a service's breaker; None where the service is gone."""
        ...
