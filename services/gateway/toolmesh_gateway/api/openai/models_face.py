"""GET /v1/models and /v1/models/{model}, in OpenAI's shape; "default" is the model a run takes where none is named."""

import time
from typing import Any

from toolmesh.inference.v1 import inference_service_pb2, model_pb2
from toolmesh_core.errors import NotFound
from toolmesh_gateway.api.http.exchange import Exchange
from toolmesh_gateway.api.transcoding.writing import writer_of
from toolmesh_gateway.app.ports import SingleCall

DEFAULT = "default"
_PAGE = 1000
_write = writer_of(model_pb2.Model.DESCRIPTOR)


class ModelsFace:
    """Lists the models, or tells of one."""

    def __init__(self, list_models: SingleCall) -> None:
        self._list = list_models
        # Models have no birthday; OpenAI's clients want a number.
        self._created = int(time.time())

    async def answer_list(self, exchange: Exchange) -> None:
        """GET /v1/models."""
        await exchange.respond_json({"object": "list", "data": await self._models()})

    async def answer_one(self, exchange: Exchange) -> None:
        """GET /v1/models/{model}."""
        wanted = exchange.parameters["model"]
        for model in await self._models():
            if model["id"] == wanted:
                await exchange.respond_json(model)
                return
        raise NotFound(f"there is no model {wanted!r}; /v1/models lists what there is", reason="MODEL_NOT_FOUND")

    async def _models(self) -> list[dict[str, Any]]:
        models: list[model_pb2.Model] = []
        request = inference_service_pb2.ListModelsRequest(page_size=_PAGE)
        while True:
            page = await self._list(request)
            models += page.models
            if not page.next_page_token:
                break
            request.page_token = page.next_page_token
        shown = [self._shown(model, model.id) for model in models]
        main = [model for model in models if model.is_default and model.task == model_pb2.MODEL_TASK_GENERATE]
        return [self._shown(model, DEFAULT) | {"root": model.id} for model in main[:1]] + shown

    def _shown(self, model: model_pb2.Model, name: str) -> dict[str, Any]:
        openai = {"id": name, "object": "model", "created": self._created, "owned_by": "toolmesh"}
        shown: dict[str, Any] = _write(model)
        return shown | openai
