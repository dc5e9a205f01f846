"""Which models there are, from inference over gRPC."""

from collections.abc import Sequence

import grpc

from toolmesh.inference.v1.inference_service_pb2 import ListModelsRequest
from toolmesh.inference.v1.inference_service_pb2_grpc import InferenceServiceStub
from toolmesh.inference.v1.model_pb2 import MODEL_TASK_GENERATE
from toolmesh_arena.domain.agent import ServedModel


class GrpcInference:
    """The ModelCatalog port."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = InferenceServiceStub(channel)

    async def models(self) -> Sequence[ServedModel]:
        """All models that write text."""
        found: list[ServedModel] = []
        token = ""
        while True:
            page = await self._stub.ListModels(ListModelsRequest(page_size=1000, page_token=token))
            found += [
                ServedModel(model.id, tuple(model.adapters), model.is_default)
                for model in page.models
                if model.task == MODEL_TASK_GENERATE
            ]
            token = page.next_page_token
            if not token:
                return found
