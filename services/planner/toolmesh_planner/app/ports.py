"""What the use cases need from outside."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from toolmesh.chat.v1.message_pb2 import Message, ToolCall
from toolmesh.controller.v1.controller_service_pb2 import DecideRequest
from toolmesh.controller.v1.decision_pb2 import Decision
from toolmesh.planner.v1.run_event_pb2 import RunEvent
from toolmesh.planner.v1.run_pb2 import Run
from toolmesh.tool.v1.tool_pb2 import CallContext, Tool, ToolResult
from toolmesh_core.errors import PermissionDenied, Unavailable
from toolmesh_planner.domain.run_state import RunHeader

Sleep = Callable[[float], Awaitable[None]]
# Is told (fraction, message, partial output) of a call as they come.
OnProgress = Callable[[float, str, str], None]


class RouterLost(Unavailable):
    """The tool router itself is away, which is not the same as a tool that is down.

    Attributes:
        sent: the call had been sent, so nobody knows how far it came.
    """

    default_reason = "TOOL_ROUTER_LOST"

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


class ApprovalRequired(PermissionDenied):
    """The router made no call: a person must approve it first. The message says which rule asks."""

    default_reason = "APPROVAL_REQUIRED"


@dataclass(frozen=True)
class Permission:
    """On whose word a call is made.

    Attributes:
        key: the name of the API key that the run came with.
        approved: a person has agreed to this call.
    """

    key: str = ""
    approved: bool = False


@dataclass(frozen=True)
class StoredRun:
    """A run as the journal has it.

    Attributes:
        events: in order; left out where only the end was asked for.
        ending: how it is about to end, decided before its session was told.
        final: how it ended.
    """

    header: RunHeader
    events: list[RunEvent] = field(default_factory=list)
    ending: Run | None = None
    final: Run | None = None


class Journal(Protocol):
    """The durable record of every run. What a method wrote is on disk when it returns."""

    async def create(self, header: RunHeader, first: RunEvent) -> str:
        """Begins a run with its first event; its id, or that of the run which this request_id began before."""
        ...

    async def append(
        self, run: str, events: Sequence[RunEvent], ending: Run | None = None, final: Run | None = None
    ) -> None:
        """Adds events, all or none, and with them how the run is about to end or has ended."""
        ...

    async def read(self, run: str) -> StoredRun | None:
        """A run with all its events."""
        ...

    async def read_events(self, run: str, after_sequence: int) -> list[RunEvent]:
        """A run's events after one of them, in order."""
        ...

    async def find(self, run: str, user: str) -> StoredRun | None:
        """A user's run without its events."""
        ...

    async def find_request(self, user: str, request_id: str) -> str | None:
        """The id of the run that this request began."""
        ...

    async def page(self, user: str, session: str, before: str, size: int) -> list[StoredRun]:
        """A user's runs older than one of them (empty: from the newest), newest first, without events."""
        ...

    async def unfinished(self) -> list[str]:
        """The ids of the runs that have not ended, oldest first."""
        ...


@dataclass(frozen=True)
class FoundTools:
    """What a search found, best first."""

    tools: list[tuple[Tool, float]]
    searched: int
    degraded: str


class Retriever(Protocol):
    """Finds tools."""

    async def search(self, query: str, top_k: int, names: Sequence[str]) -> FoundTools:
        """The tools for a request, among those named (none: among all)."""
        ...


class Controller(Protocol):
    """The LLM's side."""

    async def decide(self, request: DecideRequest, timeout_s: float, on_delta: Callable[[str], None]) -> Decision:
        """The next step; pieces of the answer are handed over as they come."""
        ...


@dataclass(frozen=True)
class Invocation:
    """How a call ended."""

    result: ToolResult
    duration_s: float
    attempts: int


class ToolRouter(Protocol):
    """Calls tools."""

    async def get_tool(self, name: str) -> Tool:
        """A tool by name. NotFound where there is none."""
        ...

    async def invoke(
        self,
        call: ToolCall,
        context: CallContext,
        permission: Permission,
        timeout_s: float,
        on_progress: OnProgress | None,
    ) -> Invocation:
        """Makes a call; without `on_progress` only the result is asked for, which costs less.

        Raises:
            ApprovalRequired: a rule of the operator's policy holds the call until a person has approved it.
            RouterLost: the router went away. Any other error of the tree: the router's answer about this call.
        """
        ...


class Memory(Protocol):
    """Sessions."""

    async def open_session(self, user: str, session: str, most_messages: int) -> list[Message]:
        """The newest messages of a session, oldest first; makes the session where there is none.

        Raises:
            NotFound: the session belongs to somebody else.
        """
        ...

    async def append(self, user: str, session: str, run: str, messages: Sequence[Message]) -> None:
        """Adds a run's messages to its session; once, however often it is called."""
        ...
