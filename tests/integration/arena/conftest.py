"""The arena over gRPC, in this process or as its own, in front of a scripted planner and inference.

A request says how its runs go: "forever" does not end, "approve" waits for a person once, "fail" ends through a failure
of the platform, "refuse" is refused at once; all others call a tool and answer.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from toolmesh.arena.v1.arena_service_pb2_grpc import ArenaServiceStub
from toolmesh.chat.v1.message_pb2 import ToolCall
from toolmesh.inference.v1 import inference_service_pb2, inference_service_pb2_grpc, model_pb2
from toolmesh.planner.v1 import run_event_pb2, run_pb2, run_service_pb2, run_service_pb2_grpc
from toolmesh.tool.v1.tool_pb2 import ToolFailure, ToolResult
from toolmesh_arena.bootstrap import bootstrap
from toolmesh_arena.settings import ArenaSettings
from toolmesh_core.call_context import current_call
from toolmesh_core.channel import connect
from toolmesh_core.errors import InvalidInput, NotFound
from toolmesh_core.service import Service
from toolmesh_testing import serving

CALLS = [ToolCall(id="c1", tool="calculate", arguments_json='{"expression": "2+2"}'), ToolCall(id="c2", tool="pay")]


class Planner(run_service_pb2_grpc.RunServiceServicer):
    """Runs that go as their request says; another user's run is not found."""

    def __init__(self) -> None:
        self.runs: dict[str, run_service_pb2.CreateRunRequest] = {}
        self.users: dict[str, str] = {}
        self.refused: list[run_service_pb2.ApproveToolCallRequest] = []
        self.cancelled: list[str] = []

    async def CreateRun(self, request, context):
        if request.input == "refuse" and request.adapter != "none":
            raise InvalidInput("'limits.max_steps' must be 0 to 100, got 101", field="limits.max_steps")
        run = f"run-{request.request_id}"
        self.runs[run] = request
        self.users[run] = current_call().user
        return run_service_pb2.CreateRunResponse(run=run_pb2.Run(id=run, state=run_pb2.RUN_STATE_RUNNING))

    async def GetRun(self, request, context):
        return run_service_pb2.GetRunResponse(run=self._run(request.run))

    async def StreamRunEvents(self, request, context):
        self._check(request.run)
        events = (
            {"run_started": run_event_pb2.RunStarted(input="x")},
            {"tool_call_started": run_event_pb2.ToolCallStarted(call=CALLS[0])},
            {"tool_call_started": run_event_pb2.ToolCallStarted(call=CALLS[1])},
            {"tool_call_finished": _finished("c2", ToolResult(failure=ToolFailure(reason="NO", message="no money")))},
            {"tool_call_finished": _finished("c1", ToolResult(output_json="4"))},
        )
        for sequence, event in enumerate(events, 1):
            yield run_service_pb2.StreamRunEventsResponse(event=run_event_pb2.RunEvent(sequence=sequence, **event))

    async def ApproveToolCall(self, request, context):
        self._check(request.run)
        self.refused.append(request)
        return run_service_pb2.ApproveToolCallResponse(run=self._run(request.run))

    async def CancelRun(self, request, context):
        self._check(request.run)
        self.cancelled.append(request.run)
        return run_service_pb2.CancelRunResponse(run=self._run(request.run))

    def _check(self, run: str) -> None:
        if self.users.get(run) != current_call().user:
            raise NotFound(f"you have no run {run}")

    def _run(self, name: str) -> run_pb2.Run:
        self._check(name)
        asked = self.runs[name]
        run = run_pb2.Run(id=name, state=run_pb2.RUN_STATE_SUCCEEDED, end_reason=run_pb2.END_REASON_ANSWERED)
        run.output = f"{asked.adapter.replace('none', 'plain')} says 4"
        if asked.input == "forever":
            run.state = run_pb2.RUN_STATE_RUNNING
        elif asked.input == "approve" and not any(refusal.run == name for refusal in self.refused):
            run.state = run_pb2.RUN_STATE_WAITING_FOR_APPROVAL
            run.pending_approvals.append(CALLS[1])
        elif asked.input == "fail":
            run.state, run.end_reason = run_pb2.RUN_STATE_FAILED, run_pb2.END_REASON_PLATFORM_FAILURE
            run.error.message = "inference is down"
        return run


class Inference(inference_service_pb2_grpc.InferenceServiceServicer):
    """One model that writes, with an adapter, on a page of its own; one that embeds."""

    async def ListModels(self, request, context):
        embedding = model_pb2.Model(id="e5", task=model_pb2.MODEL_TASK_EMBED, is_default=True)
        if not request.page_token:
            return inference_service_pb2.ListModelsResponse(models=[embedding], next_page_token="2")
        smol = model_pb2.Model(
            id="smol", task=model_pb2.MODEL_TASK_GENERATE, adapters=["tuned", "other"], is_default=True
        )
        return inference_service_pb2.ListModelsResponse(models=[smol])


def _finished(call: str, result: ToolResult) -> run_event_pb2.ToolCallFinished:
    return run_event_pb2.ToolCallFinished(tool_call_id=call, tool="x", result=result)


@dataclass
class Neighbours:
    """The planner and inference on one server."""

    address: str = ""
    planner: Planner = field(default_factory=Planner)

    def service(self) -> Service:
        return Service(
            registrations=[
                (run_service_pb2_grpc.add_RunServiceServicer_to_server, self.planner),
                (inference_service_pb2_grpc.add_InferenceServiceServicer_to_server, Inference()),
            ]
        )


@pytest.fixture
async def neighbours() -> AsyncIterator[Neighbours]:
    both = Neighbours()
    async with serving(both.service()) as both.address:
        yield both


@pytest.fixture
async def arena(tmp_path: Path, neighbours: Neighbours) -> AsyncIterator[Any]:
    settings = ArenaSettings(
        data_dir=tmp_path / "arena",
        planner_address=neighbours.address,
        inference_address=neighbours.address,
        agents="plain=smol,tuned=smol@tuned",
        bootstrap_rounds=100,
    )
    async with bootstrap(settings) as service, serving(service) as address, connect(address) as channel:
        yield ArenaServiceStub(channel)


@pytest.fixture
def process_env(tmp_path: Path, neighbours: Neighbours) -> dict[str, str]:
    return {
        "TOOLMESH_ARENA_DATA_DIR": str(tmp_path / "arena"),
        "TOOLMESH_ARENA_PLANNER_ADDRESS": neighbours.address,
        "TOOLMESH_ARENA_INFERENCE_ADDRESS": neighbours.address,
    }
