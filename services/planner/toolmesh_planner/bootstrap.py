"""Picks the real parts of the planner."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import grpc

from toolmesh.planner.v1.run_service_pb2_grpc import add_RunServiceServicer_to_server
from toolmesh_core.channel import TlsFiles, connect
from toolmesh_core.clock import Clock, SystemClock
from toolmesh_core.ids import new_id
from toolmesh_core.service import Service
from toolmesh_core.sqlite_database import SqliteDatabase
from toolmesh_planner.adapters.grpc_controller import GrpcController
from toolmesh_planner.adapters.grpc_memory import GrpcMemory
from toolmesh_planner.adapters.grpc_retriever import GrpcRetriever
from toolmesh_planner.adapters.grpc_tool_router import GrpcToolRouter
from toolmesh_planner.adapters.sqlite_journal import MIGRATIONS, SqliteJournal
from toolmesh_planner.api.run_servicer import RunServicer
from toolmesh_planner.app.approve_tool_call import ApproveToolCall
from toolmesh_planner.app.call_tools import CallTools
from toolmesh_planner.app.cancel_run import CancelRun
from toolmesh_planner.app.create_run import CreateRun
from toolmesh_planner.app.decide_step import DecideStep
from toolmesh_planner.app.drive_run import DriveRun
from toolmesh_planner.app.end_run import EndRun
from toolmesh_planner.app.find_candidates import FindCandidates
from toolmesh_planner.app.live_runs import LiveRuns
from toolmesh_planner.app.patience import Patience
from toolmesh_planner.app.ports import Controller, Journal, Memory, Retriever, Sleep, ToolRouter
from toolmesh_planner.app.read_runs import ReadRuns
from toolmesh_planner.app.resume_runs import ResumeRuns
from toolmesh_planner.domain.new_run import LimitRules
from toolmesh_planner.settings import PlannerSettings

_RETRIED = (
    "toolmesh.memory.v1.MemoryService/CreateSession",
    "toolmesh.memory.v1.MemoryService/ListMessages",
    "toolmesh.retriever.v1.RetrieverService/SearchTools",
    "toolmesh.tool_router.v1.ToolRouterService/GetTool",
)


@asynccontextmanager
async def bootstrap(settings: PlannerSettings) -> AsyncIterator[Service]:
    """Opens the journal, connects the neighbours, takes up unfinished runs."""
    async with AsyncExitStack() as stack:

        async def channel(address: str) -> grpc.aio.Channel:
            return await stack.enter_async_context(connect(address, retry_methods=_RETRIED, tls=_tls(settings)))

        database = await stack.enter_async_context(
            SqliteDatabase.open(settings.data_dir / "planner.sqlite3", MIGRATIONS)
        )
        planner = Planner(
            settings,
            SqliteJournal(database),
            GrpcController(await channel(settings.controller_address)),
            GrpcToolRouter(await channel(settings.tool_router_address)),
            GrpcRetriever(await channel(settings.retriever_address)),
            GrpcMemory(await channel(settings.memory_address)),
            SystemClock(),
        )
        await planner.resume.all()
        try:
            yield planner.service
        finally:
            await planner.drain()


class Planner:
    """The use cases, wired."""

    def __init__(
        self,
        settings: PlannerSettings,
        journal: Journal,
        controller: Controller,
        router: ToolRouter,
        retriever: Retriever,
        memory: Memory,
        clock: Clock,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        patience = Patience(settings.neighbour_patience_s, clock, sleep)
        candidates = FindCandidates(retriever, router, patience, clock, settings.retrieval_top_k)
        decide = DecideStep(
            controller, candidates, patience, clock, settings.decision_timeout_s, settings.max_parallel_calls
        )
        call_tools = CallTools(router, candidates, patience, clock, settings.call_timeout_s)
        drive = DriveRun(candidates, decide, call_tools, EndRun(memory, patience), clock, settings.approval_wait_s)
        self._drain_step_s = settings.drain_step_s
        self._runs = LiveRuns(drive, settings.most_runs, settings.most_runs_per_user)
        self.resume = ResumeRuns(journal, self._runs, clock, sleep)
        read = ReadRuns(journal, self._runs)
        create = CreateRun(
            journal,
            memory,
            candidates,
            self._runs,
            read,
            clock,
            lambda: new_id("run"),
            _rules(settings),
            settings.max_request_bytes,
            settings.most_history_messages,
        )
        self.rpcs = RunServicer(create, read, CancelRun(self._runs, read), ApproveToolCall(journal, self._runs))
        self.service = Service(
            registrations=[(add_RunServiceServicer_to_server, self.rpcs)],
            background=[self.resume.follow],
            on_drain=self.drain,
        )

    async def drain(self) -> None:
        """Leaves the runs in the journal and ends the watches."""
        await self._runs.drain(self._drain_step_s)


def _rules(settings: PlannerSettings) -> LimitRules:
    return LimitRules(
        default_steps=settings.default_max_steps,
        most_steps=settings.most_max_steps,
        default_tokens=settings.default_max_tokens,
        most_tokens=settings.most_max_tokens,
        default_duration_s=settings.default_max_duration_s,
        most_duration_s=settings.most_max_duration_s,
    )


def _tls(settings: PlannerSettings) -> TlsFiles | None:
    if settings.tls_ca_file is None:
        return None
    return TlsFiles(settings.tls_ca_file, settings.tls_cert_file, settings.tls_key_file)
