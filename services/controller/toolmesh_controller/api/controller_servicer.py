"""The gRPC face: unpacks a request, decides, packs what comes; measures and traces on the way."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing

import grpc

from toolmesh.controller.v1 import controller_service_pb2 as pb
from toolmesh.controller.v1 import controller_service_pb2_grpc as pb_grpc
from toolmesh_controller.api.packing import packed_decision, unpacked_ask
from toolmesh_controller.api.telemetry import Telemetry
from toolmesh_controller.app.decide import Decide
from toolmesh_controller.domain.conversation import Decision


class ControllerServicer(pb_grpc.ControllerServiceServicer):
    def __init__(self, decide: Decide, monotonic: Callable[[], float]) -> None:
        self._decide = decide
        self._monotonic = monotonic
        self._telemetry = Telemetry()

    async def Decide(
        self, request: pb.DecideRequest, context: "grpc.aio.ServicerContext[pb.DecideRequest, pb.DecideResponse]"
    ) -> AsyncIterator[pb.DecideResponse]:
        began = self._monotonic()
        with self._telemetry.chat(request.model or "default") as chat:
            async with aclosing(self._decide(unpacked_ask(request))) as events:
                async for event in events:
                    if isinstance(event, Decision):
                        chat.decided(event, self._monotonic() - began)
                        yield pb.DecideResponse(decision=packed_decision(event))
                    else:
                        chat.wrote(self._monotonic() - began)
                        yield pb.DecideResponse(answer_delta=event)
