"""The planner over gRPC, in this process or as its own, among neighbours whose behaviour a test decides.

A request says what its run shall do: "read write | read" is two steps, the first with two calls at once, and an
answer.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from toolmesh.chat.v1.message_pb2 import ROLE_ASSISTANT, ROLE_USER, ToolCall
from toolmesh.controller.v1 import controller_service_pb2, controller_service_pb2_grpc
from toolmesh.controller.v1.decision_pb2 import Decision, ToolCalls
from toolmesh.memory.v1 import memory_service_pb2, memory_service_pb2_grpc, session_pb2
from toolmesh.planner.v1.run_service_pb2_grpc import RunServiceStub
from toolmesh.retriever.v1 import retriever_service_pb2, retriever_service_pb2_grpc
from toolmesh.tool.v1.tool_pb2 import Progress, Tool, ToolResult
from toolmesh.tool_router.v1 import tool_router_service_pb2, tool_router_service_pb2_grpc
from toolmesh_core.call_context import CallContext, current_call
from toolmesh_core.channel import connect
from toolmesh_core.errors import AlreadyExists, NotFound, PermissionDenied
from toolmesh_core.service import Service
from toolmesh_core.telemetry import current_trace_id
from toolmesh_planner.bootstrap import bootstrap
from toolmesh_planner.settings import PlannerSettings
from toolmesh_testing import serving

TOOLS = {
    "read": Tool(name="read", description="Reads.", idempotent=True, read_only=True, result_only=True),
    "write": Tool(name="write", description="Writes."),
    "pay": Tool(name="pay", description="Pays.", needs_approval=True),
}


class Controller(controller_service_pb2_grpc.ControllerServiceServicer):
    """Does what the request says, step by step."""

    def __init__(self) -> None:
        self.traces: list[str] = []
        self.asked = asyncio.Condition()
        self.hold: asyncio.Event | None = None

    async def until_asked(self, times: int) -> None:
        """Returns when so many decisions were asked for."""
        async with self.asked:
            await self.asked.wait_for(lambda: len(self.traces) >= times)

    async def Decide(self, request, context):
        async with self.asked:
            self.traces.append(current_trace_id())
            self.asked.notify_all()
        if self.hold is not None:
            await self.hold.wait()
        asked = [place for place, message in enumerate(request.messages) if message.role == ROLE_USER][-1]
        done = sum(1 for message in request.messages[asked:] if message.role == ROLE_ASSISTANT)
        steps = [step.split() for step in request.messages[asked].content.split("|")]
        if done < len(steps) and steps[done][0] in TOOLS:
            calls = [
                ToolCall(id=f"call_{done}_{place}", tool=tool, arguments_json="{}")
                for place, tool in enumerate(steps[done])
            ]
            yield controller_service_pb2.DecideResponse(decision=Decision(tool_calls=ToolCalls(calls=calls)))
            return
        yield controller_service_pb2.DecideResponse(answer_delta="all ")
        yield controller_service_pb2.DecideResponse(answer_delta="done")
        yield controller_service_pb2.DecideResponse(decision=Decision(answer="all done"))


class Router(tool_router_service_pb2_grpc.ToolRouterServiceServicer):
    """Counts each call that takes effect, by its request_id; it takes effect at a random moment of its time."""

    def __init__(self) -> None:
        self.begun: Counter[str] = Counter()
        self.tools: dict[str, str] = {}
        self.effects: Counter[str] = Counter()
        self.contexts: list[CallContext] = []
        self.permissions: list[tuple[str, bool]] = []
        self.held: set[str] = set()
        self.longest_s = 0.0
        self.rng = random.Random(1)

    async def GetTool(self, request, context):
        if request.tool not in TOOLS:
            raise NotFound(f"no tool '{request.tool}'")
        return tool_router_service_pb2.GetToolResponse(tool=TOOLS[request.tool])

    async def InvokeTool(self, request, context):
        self.begun[request.request_id] += 1
        self.tools[request.request_id] = request.tool
        self.contexts.append(current_call())
        metadata = dict(context.invocation_metadata())
        self.permissions.append((str(metadata.get("toolmesh-key", "")), metadata.get("toolmesh-approved") == "true"))
        if request.tool in self.held and not self.permissions[-1][1]:
            facts = {"rule": "mails", "why": "they cannot be taken back"}
            raise PermissionDenied("held", reason="APPROVAL_REQUIRED", metadata=facts)
        if not request.result_only:
            yield tool_router_service_pb2.InvokeToolResponse(progress=Progress(fraction=0.5, message="half"))
        await asyncio.sleep(self.rng.uniform(0, self.longest_s))
        self.effects[request.request_id] += 1
        await asyncio.sleep(self.rng.uniform(0, self.longest_s))
        result = tool_router_service_pb2.InvocationResult(tool_result=ToolResult(output_json='"ok"'), attempts=1)
        yield tool_router_service_pb2.InvokeToolResponse(result=result)


class Retriever(retriever_service_pb2_grpc.RetrieverServiceServicer):
    """Finds every tool."""

    async def SearchTools(self, request, context):
        results = [retriever_service_pb2.ScoredTool(tool=tool, score=0.5) for tool in TOOLS.values()]
        return retriever_service_pb2.SearchToolsResponse(results=results, searched=len(results))


class Memory(memory_service_pb2_grpc.MemoryServiceServicer):
    """Sessions in a dictionary."""

    def __init__(self) -> None:
        self.sessions: dict[str, list[session_pb2.SessionMessage]] = {}
        self.owners: dict[str, str] = {}
        self.requests: set[str] = set()

    async def CreateSession(self, request, context):
        if self.owners.setdefault(request.session, request.user) != request.user:
            raise AlreadyExists("taken")
        self.sessions.setdefault(request.session, [])
        return memory_service_pb2.CreateSessionResponse(session=session_pb2.Session(id=request.session))

    async def ListMessages(self, request, context):
        newest_first = self.sessions[request.session][::-1][: request.page_size]
        return memory_service_pb2.ListMessagesResponse(messages=newest_first)

    async def AppendMessages(self, request, context):
        if request.request_id not in self.requests:
            self.requests.add(request.request_id)
            self.sessions[request.session] += [
                session_pb2.SessionMessage(message=message, run=request.run) for message in request.messages
            ]
        return memory_service_pb2.AppendMessagesResponse()


@dataclass
class Neighbours:
    """The planner's neighbours, all in this process, and how to reach them."""

    address: str = ""
    controller: Controller = field(default_factory=Controller)
    router: Router = field(default_factory=Router)
    retriever: Retriever = field(default_factory=Retriever)
    memory: Memory = field(default_factory=Memory)

    def service(self) -> Service:
        """All of them on one server."""
        return Service(
            registrations=[
                (controller_service_pb2_grpc.add_ControllerServiceServicer_to_server, self.controller),
                (tool_router_service_pb2_grpc.add_ToolRouterServiceServicer_to_server, self.router),
                (retriever_service_pb2_grpc.add_RetrieverServiceServicer_to_server, self.retriever),
                (memory_service_pb2_grpc.add_MemoryServiceServicer_to_server, self.memory),
            ]
        )

    def settings(self, data_dir: Path) -> dict[str, str]:
        """The environment of a planner among them."""
        names = ("CONTROLLER", "TOOL_ROUTER", "RETRIEVER", "MEMORY")
        return {
            "TOOLMESH_PLANNER_DATA_DIR": str(data_dir),
            **{f"TOOLMESH_PLANNER_{name}_ADDRESS": self.address for name in names},
        }


@pytest.fixture
async def neighbours() -> AsyncIterator[Neighbours]:
    made = Neighbours()
    async with serving(made.service()) as address:
        made.address = address
        yield made


@pytest.fixture
async def planner(neighbours: Neighbours, tmp_path: Path) -> AsyncIterator[RunServiceStub]:
    """A planner in this process."""
    settings = PlannerSettings(
        data_dir=tmp_path / "planner",
        controller_address=neighbours.address,
        tool_router_address=neighbours.address,
        retriever_address=neighbours.address,
        memory_address=neighbours.address,
        neighbour_patience_s=2.0,
    )
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(bootstrap(settings))
        address = await stack.enter_async_context(serving(service))
        yield RunServiceStub(await stack.enter_async_context(connect(address)))


@pytest.fixture
def stub_of() -> Callable[[str], object]:
    """Stubs for an address."""

    @asynccontextmanager
    async def make(address: str) -> AsyncIterator[RunServiceStub]:
        async with connect(address) as channel:
            yield RunServiceStub(channel)

    return make
