"""Runs of agents at the planner over gRPC, each under the user of its battle's side."""

from datetime import timedelta

import grpc

from toolmesh.planner.v1 import run_pb2
from toolmesh.planner.v1 import run_service_pb2 as pb
from toolmesh.planner.v1.run_service_pb2_grpc import RunServiceStub
from toolmesh_arena.adapters.run_tool_uses import ToolUses
from toolmesh_arena.domain.agent import AgentSpec
from toolmesh_arena.domain.battle import Ending, Request
from toolmesh_core.call_context import calling
from toolmesh_core.errors import FailedPrecondition, NotFound

_REFUSED = "This call needs a person's approval, which nobody gives in the arena. Go on without it."
# An empty name would be taken as the usual adapter.
_NO_ADAPTER = "none"
# Ends that say nothing of the agent: the platform failed it.
_UNSOUND = {
    run_pb2.END_REASON_CANCELLED: "the run was cancelled",
    run_pb2.END_REASON_PLATFORM_FAILURE: "a part of the platform failed",
    run_pb2.END_REASON_INTERRUPTED_CALL: "the planner stopped while a call was under way",
}


class GrpcPlanner:
    """The Planner port."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = RunServiceStub(channel)

    async def start(self, user: str, request: Request, agent: AgentSpec, request_id: str) -> str:
        """Starts a run, once for a request_id."""
        limits = run_pb2.RunLimits(max_steps=request.limits.max_steps, max_tokens=request.limits.max_tokens)
        if request.limits.max_duration_s:
            limits.max_duration.FromTimedelta(timedelta(seconds=request.limits.max_duration_s))
        asked = pb.CreateRunRequest(
            input=request.input,
            tools=request.tools,
            limits=limits,
            model=agent.model,
            adapter=agent.adapter or _NO_ADAPTER,
            request_id=request_id,
        )
        with calling(user=user):
            response = await self._stub.CreateRun(asked)
        return str(response.run.id)

    async def look(self, user: str, run: str) -> Ending | None:
        """How a run ended; None while it goes on."""
        with calling(user=user):
            try:
                found = (await self._stub.GetRun(pb.GetRunRequest(run=run))).run
            except NotFound:
                return Ending(error="the planner no longer has the run")
            if found.state == run_pb2.RUN_STATE_WAITING_FOR_APPROVAL:
                await self._refuse_calls(found)
            if found.state in (run_pb2.RUN_STATE_RUNNING, run_pb2.RUN_STATE_WAITING_FOR_APPROVAL):
                return None
            uses = ToolUses()
            async for response in self._stub.StreamRunEvents(pb.StreamRunEventsRequest(run=run)):
                uses.take(response.event)
        return Ending(found.output, uses.in_order(), _error_of(found))

    async def stop(self, user: str, run: str) -> None:
        """Cancels a run."""
        with calling(user=user):
            await self._stub.CancelRun(pb.CancelRunRequest(run=run))

    async def _refuse_calls(self, run: run_pb2.Run) -> None:
        for call in run.pending_approvals:
            refusal = pb.ApproveToolCallRequest(run=run.id, tool_call_id=call.id, refuse=True, comment=_REFUSED)
            try:
                await self._stub.ApproveToolCall(refusal)
            except (FailedPrecondition, NotFound):
                # It no longer waits: somebody else looked at the battle at the same time.
                continue


def _error_of(run: run_pb2.Run) -> str:
    unsound = _UNSOUND.get(run.end_reason, "")
    return f"{unsound}: {run.error.message}" if unsound and run.error.message else unsound
