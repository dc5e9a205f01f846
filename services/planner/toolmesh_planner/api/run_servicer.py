"""RunService: unpacks a request, calls the use case, packs its result."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import grpc

from toolmesh.planner.v1 import run_service_pb2 as pb
from toolmesh.planner.v1.run_service_pb2_grpc import RunServiceServicer
from toolmesh_core.call_context import user_of
from toolmesh_planner.app.approve_tool_call import ApproveToolCall
from toolmesh_planner.app.cancel_run import CancelRun
from toolmesh_planner.app.create_run import CreateRun
from toolmesh_planner.app.read_runs import ReadRuns

# Set by the gateway, which takes it from no client.
_KEY_KEY = "toolmesh-key"
_Context = grpc.aio.ServicerContext[Any, Any]


@dataclass(frozen=True)
class RunServicer(RunServiceServicer):
    """The contract toolmesh.planner.v1.RunService."""

    create: CreateRun
    read: ReadRuns
    cancel: CancelRun
    approve: ApproveToolCall

    async def CreateRun(self, request: pb.CreateRunRequest, context: _Context) -> pb.CreateRunResponse:
        """Starts a run and returns at once."""
        metadata = dict(context.invocation_metadata() or ())
        key = str(metadata.get(_KEY_KEY, ""))
        return pb.CreateRunResponse(run=await self.create(user_of(request.user), request, key))

    async def GetRun(self, request: pb.GetRunRequest, context: _Context) -> pb.GetRunResponse:
        """Returns a run."""
        return pb.GetRunResponse(run=await self.read.get(user_of(request.user), request.run))

    async def ListRuns(self, request: pb.ListRunsRequest, context: _Context) -> pb.ListRunsResponse:
        """Lists the user's runs, newest first."""
        runs, token = await self.read.page(
            user_of(request.user), request.session, request.page_size, request.page_token
        )
        return pb.ListRunsResponse(runs=runs, next_page_token=token)

    async def StreamRunEvents(
        self, request: pb.StreamRunEventsRequest, context: _Context
    ) -> AsyncIterator[pb.StreamRunEventsResponse]:
        """Streams a run's events from after a sequence to its end."""
        async for event in self.read.events(user_of(request.user), request.run, request.after_sequence):
            yield pb.StreamRunEventsResponse(event=event)

    async def CancelRun(self, request: pb.CancelRunRequest, context: _Context) -> pb.CancelRunResponse:
        """Cancels a run."""
        return pb.CancelRunResponse(run=await self.cancel(user_of(request.user), request.run))

    async def ApproveToolCall(
        self, request: pb.ApproveToolCallRequest, context: _Context
    ) -> pb.ApproveToolCallResponse:
        """Approves or refuses a call that waits."""
        run = await self.approve(
            user_of(request.user),
            request.run,
            request.tool_call_id,
            approved=not request.refuse,
            comment=request.comment,
        )
        return pb.ApproveToolCallResponse(run=run)
