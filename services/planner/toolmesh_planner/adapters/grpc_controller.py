"""The controller over gRPC."""

import asyncio
from collections.abc import Callable

import grpc

from toolmesh.controller.v1 import controller_service_pb2_grpc
from toolmesh.controller.v1.controller_service_pb2 import DecideRequest
from toolmesh.controller.v1.decision_pb2 import Decision
from toolmesh_core.errors import Cancelled, Internal, Unavailable


class GrpcController:
    """The Controller port."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = controller_service_pb2_grpc.ControllerServiceStub(channel)

    async def decide(self, request: DecideRequest, timeout_s: float, on_delta: Callable[[str], None]) -> Decision:
        """The next step; pieces of the answer are handed over as they come."""
        decision: Decision | None = None
        responses = self._stub.Decide(request, timeout=timeout_s)
        try:
            async for response in responses:
                if response.HasField("decision"):
                    decision = response.decision
                else:
                    on_delta(response.answer_delta)
        except Cancelled as error:
            # We did not cancel it: the controller did, while it stopped.
            raise Unavailable(f"the controller stopped while it decided: {error.message}") from error
        except asyncio.CancelledError:
            responses.cancel()
            raise
        if decision is None:
            raise Internal("the controller ended without a decision; look in its log", reason="NO_DECISION")
        outcome = decision.WhichOneof("outcome")
        if outcome is None or (outcome == "tool_calls" and not decision.tool_calls.calls):
            raise Internal("the controller gave an empty decision; look in its log", reason="EMPTY_DECISION")
        return decision
