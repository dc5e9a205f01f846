"""A planner with fakes for its neighbours and its journal; nothing sleeps and nothing goes over a network."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from toolmesh.chat.v1.message_pb2 import Message, TokenUsage, ToolCall
from toolmesh.controller.v1.controller_service_pb2 import DecideRequest
from toolmesh.controller.v1.decision_pb2 import Decision, ToolCalls
from toolmesh.planner.v1.run_event_pb2 import RunEvent
from toolmesh.planner.v1.run_pb2 import Run
from toolmesh.planner.v1.run_service_pb2 import CreateRunRequest
from toolmesh.tool.v1.tool_pb2 import CallContext, Tool, ToolResult
from toolmesh_core.errors import NotFound, ToolMeshError
from toolmesh_planner.app.ports import FoundTools, Invocation, OnProgress, Permission, StoredRun
from toolmesh_planner.bootstrap import Planner
from toolmesh_planner.domain.run_state import RunHeader
from toolmesh_planner.settings import PlannerSettings
from toolmesh_testing import FakeClock

ADD = Tool(name="add", description="Adds.", idempotent=True, read_only=True)
SEND = Tool(name="send", description="Sends.")
PAY = Tool(name="pay", description="Pays.", needs_approval=True)


class FakeJournal:
    """Keeps what a journal keeps; `error` makes every write fail, `gate` holds appends up."""

    def __init__(self) -> None:
        self.headers: dict[str, RunHeader] = {}
        self.events: dict[str, list[RunEvent]] = {}
        self.endings: dict[str, Run] = {}
        self.finals: dict[str, Run] = {}
        self.commits = 0
        self.error: ToolMeshError | None = None
        self.gate: asyncio.Event | None = None

    async def create(self, header: RunHeader, first: RunEvent) -> str:
        if self.error:
            raise self.error
        known = await self.find_request(header.user, header.request.request_id)
        if known:
            return known
        self.headers[header.run] = header
        self.events[header.run] = [first]
        return header.run

    async def append(
        self, run: str, events: Sequence[RunEvent], ending: Run | None = None, final: Run | None = None
    ) -> None:
        await (self.gate.wait() if self.gate else asyncio.sleep(0))
        if self.error:
            raise self.error
        self.commits += 1
        self.events[run].extend(events)
        if ending is not None:
            self.endings[run] = ending
        if final is not None:
            self.finals[run] = final

    async def read(self, run: str) -> StoredRun | None:
        return self._stored(run, list(self.events.get(run, [])))

    async def read_events(self, run: str, after_sequence: int) -> list[RunEvent]:
        return self.events[run][after_sequence:]

    async def find(self, run: str, user: str) -> StoredRun | None:
        stored = self._stored(run, [])
        return stored if stored and stored.header.user == user else None

    async def find_request(self, user: str, request_id: str) -> str | None:
        for run, header in self.headers.items():
            if request_id and (header.user, header.request.request_id) == (user, request_id):
                return run
        return None

    async def page(self, user: str, session: str, before: str, size: int) -> list[StoredRun]:
        newest_first = sorted(self.headers, reverse=True)
        stored = [self._stored(run, []) for run in newest_first if not before or run < before]
        mine = [one for one in stored if one and one.header.user == user]
        return [one for one in mine if not session or one.header.request.session == session][:size]

    async def unfinished(self) -> list[str]:
        return sorted(run for run in self.headers if run not in self.finals)

    def _stored(self, run: str, events: list[RunEvent]) -> StoredRun | None:
        if run not in self.headers:
            return None
        return StoredRun(self.headers[run], events, self.endings.get(run), self.finals.get(run))


Reply = Decision | ToolMeshError | Callable[[DecideRequest], Decision]


class FakeController:
    """Gives the next reply of its script; `gate`, or the script's end, holds it up; `deltas` come first."""

    def __init__(self) -> None:
        self.script: list[Reply] = []
        self.requests: list[DecideRequest] = []
        self.deltas: list[str] = []
        self.gate: asyncio.Event | None = None

    async def decide(self, request: DecideRequest, timeout_s: float, on_delta: Callable[[str], None]) -> Decision:
        self.requests.append(request)
        for delta in self.deltas:
            on_delta(delta)
        if self.gate is not None or not self.script:
            await (self.gate or asyncio.Event()).wait()
        reply = self.script.pop(0)
        if isinstance(reply, ToolMeshError):
            raise reply
        return reply if isinstance(reply, Decision) else reply(request)


class FakeRetriever:
    """Finds all tools it has been given."""

    def __init__(self, tools: list[tuple[Tool, float]]) -> None:
        self.tools = tools
        self.errors: list[ToolMeshError] = []
        self.searches: list[tuple[str, int, list[str]]] = []

    async def search(self, query: str, top_k: int, names: Sequence[str]) -> FoundTools:
        self.searches.append((query, top_k, list(names)))
        if self.errors:
            raise self.errors.pop(0)
        found = [(tool, score) for tool, score in self.tools if not names or tool.name in names]
        return FoundTools(found[:top_k], len(self.tools), "")


@dataclass
class FakeRouter:
    """Makes calls: `results` by tool (a result, an error, or several of them in order); `gates` hold them up."""

    tools: dict[str, Tool]
    results: dict[str, list[ToolResult | ToolMeshError]] = field(default_factory=dict)
    gates: dict[str, asyncio.Event] = field(default_factory=dict)
    calls: list[ToolCall] = field(default_factory=list)
    contexts: list[CallContext] = field(default_factory=list)
    permissions: list[Permission] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)

    async def get_tool(self, name: str) -> Tool:
        if name not in self.tools:
            raise NotFound(f"no tool '{name}'")
        return self.tools[name]

    async def invoke(
        self,
        call: ToolCall,
        context: CallContext,
        permission: Permission,
        timeout_s: float,
        on_progress: OnProgress | None,
    ) -> Invocation:
        self.calls.append(call)
        self.contexts.append(context)
        self.permissions.append(permission)
        if on_progress is not None:
            on_progress(0.5, "half", "")
        try:
            if call.tool in self.gates:
                await self.gates[call.tool].wait()
        except asyncio.CancelledError:
            self.cancelled.append(call.id)
            raise
        scripted = self.results.get(call.tool)
        result = scripted.pop(0) if scripted else ToolResult(output_json='{"ok": true}')
        if isinstance(result, ToolMeshError):
            raise result
        return Invocation(result, 0.01, 1)


@dataclass
class FakeMemory:
    """Sessions of users; `errors` are raised in place of the next appends."""

    sessions: dict[tuple[str, str], list[Message]] = field(default_factory=dict)
    appended: dict[str, list[Message]] = field(default_factory=dict)
    errors: list[ToolMeshError] = field(default_factory=list)

    async def open_session(self, user: str, session: str, most_messages: int) -> list[Message]:
        if any(name == session and owner != user for owner, name in self.sessions):
            raise NotFound(f"you have no session '{session}'")
        return list(self.sessions.setdefault((user, session), []))[-most_messages:]

    async def append(self, user: str, session: str, run: str, messages: Sequence[Message]) -> None:
        if self.errors:
            raise self.errors.pop(0)
        if run not in self.appended:
            self.appended[run] = list(messages)
            self.sessions[(user, session)].extend(messages)


class World:
    """A planner among fakes."""

    def __init__(self, settings: PlannerSettings) -> None:
        self.settings = settings
        self.clock = FakeClock()
        self.journal = FakeJournal()
        self.controller = FakeController()
        self.retriever = FakeRetriever([(ADD, 0.9), (SEND, 0.5), (PAY, 0.4)])
        self.router = FakeRouter({tool.name: tool for tool in (ADD, SEND, PAY)})
        self.memory = FakeMemory()
        self.pauses: list[float] = []
        self.planner = self.new_planner()

    def new_planner(self) -> Planner:
        """Another planner on the same journal, as after a restart."""
        self.planner = Planner(
            self.settings,
            self.journal,
            self.controller,
            self.router,
            self.retriever,
            self.memory,
            self.clock,
            self._pause,
        )
        return self.planner

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.clock.advance(seconds)
        await asyncio.sleep(0)

    def decides(self, *replies: Reply) -> None:
        """What the controller will say."""
        self.controller.script.extend(replies)

    async def ask(self, text: str = "do it", user: str = "ann", **fields: object) -> Run:
        """Creates a run."""
        request = CreateRunRequest(input="" if "messages" in fields else text, **fields)  # type: ignore[arg-type]
        return await self.planner.rpcs.create(user, request)

    async def finish(self, run: Run) -> Run:
        """Waits for a run's end and reads it."""
        async for _ in self.planner.rpcs.read.events(run.user, run.id, 0):
            pass
        return await self.planner.rpcs.read.get(run.user, run.id)

    async def run(self, text: str = "do it", user: str = "ann", **fields: object) -> Run:
        """Creates a run and waits for its end."""
        return await self.finish(await self.ask(text, user, **fields))

    async def until(self, happened: Callable[[], object]) -> None:
        """Lets the loop turn until something is so."""
        for _ in range(1000):
            if happened():
                return
            await asyncio.sleep(0)
        raise AssertionError("it never happened")

    def kinds(self, run: Run) -> list[str]:
        """The kinds of the events in the journal."""
        return [event.WhichOneof("event") or "" for event in self.journal.events[run.id]]


def answer(text: str, tokens: int = 10) -> Decision:
    return Decision(answer=text, usage=TokenUsage(prompt_tokens=tokens, completion_tokens=1))


def calls(*names: str, arguments: str = "{}") -> Decision:
    made = [ToolCall(tool=name, arguments_json=arguments) for name in names]
    return Decision(tool_calls=ToolCalls(calls=made), usage=TokenUsage(prompt_tokens=10, completion_tokens=1))


@pytest.fixture
def settings(tmp_path: Path) -> PlannerSettings:
    return PlannerSettings(data_dir=tmp_path, drain_step_s=0.05)


@pytest.fixture
async def world(settings: PlannerSettings) -> AsyncIterator[World]:
    made = World(settings)
    yield made
    await made.planner.drain()


@pytest.fixture
def says() -> Callable[..., Decision]:
    """Makes an answer."""
    return answer


@pytest.fixture
def wants() -> Callable[..., Decision]:
    """Makes a decision that calls tools."""
    return calls
