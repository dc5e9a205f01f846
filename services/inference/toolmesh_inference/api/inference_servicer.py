"""InferenceService over gRPC: unpacks, calls, packs."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from toolmesh.chat.v1 import message_pb2
from toolmesh.inference.v1 import inference_service_pb2 as pb
from toolmesh.inference.v1 import inference_service_pb2_grpc, model_pb2
from toolmesh_inference.api.unpacking import embed_kind_of, generation_request_of, prompt_of
from toolmesh_inference.app.count_tokens import count_tokens
from toolmesh_inference.app.embed_texts import embed_texts
from toolmesh_inference.app.generate_text import generate_text
from toolmesh_inference.app.list_models import list_models
from toolmesh_inference.app.model_catalog import ModelCatalog
from toolmesh_inference.app.score_continuations import score_continuations
from toolmesh_inference.domain.generation import FinishReason, TextPiece, Usage
from toolmesh_inference.domain.model_card import ModelCard, ModelTask

_FINISH_REASONS = {FinishReason.STOP: pb.FINISH_REASON_STOP, FinishReason.LENGTH: pb.FINISH_REASON_LENGTH}
_TASKS = {ModelTask.GENERATE: model_pb2.MODEL_TASK_GENERATE, ModelTask.EMBED: model_pb2.MODEL_TASK_EMBED}


class InferenceServicer(inference_service_pb2_grpc.InferenceServiceServicer):
    """Serves the models of a catalog."""

    def __init__(self, catalog: ModelCatalog) -> None:
        self._catalog = catalog

    async def Generate(self, request: pb.GenerateRequest, context: Any) -> AsyncIterator[pb.GenerateResponse]:
        """Streams text; the model stops when the caller goes."""
        pieces = generate_text(self._catalog, request.model, generation_request_of(request))
        async with aclosing(pieces):
            async for piece in pieces:
                if isinstance(piece, TextPiece):
                    yield pb.GenerateResponse(text=piece.text)
                else:
                    yield pb.GenerateResponse(finish_reason=_FINISH_REASONS[piece.reason], usage=_packed(piece.usage))

    async def ScoreContinuations(
        self, request: pb.ScoreContinuationsRequest, context: Any
    ) -> pb.ScoreContinuationsResponse:
        """Compares continuations of one prompt."""
        scores = await score_continuations(
            self._catalog, request.model, prompt_of(request), request.adapter, list(request.continuations)
        )
        return pb.ScoreContinuationsResponse(log_probabilities=scores.log_probabilities, usage=_packed(scores.usage))

    async def CountTokens(self, request: pb.CountTokensRequest, context: Any) -> pb.CountTokensResponse:
        """Counts tokens."""
        return pb.CountTokensResponse(counts=await count_tokens(self._catalog, request.model, list(request.texts)))

    async def Embed(self, request: pb.EmbedRequest, context: Any) -> pb.EmbedResponse:
        """Embeds texts."""
        card, embeddings = await embed_texts(
            self._catalog, request.model, list(request.texts), embed_kind_of(request.kind)
        )
        return pb.EmbedResponse(
            vectors=embeddings.vectors,
            dimensions=embeddings.dimensions,
            model=card.id,
            usage=message_pb2.TokenUsage(prompt_tokens=embeddings.prompt_tokens),
        )

    async def ListModels(self, request: pb.ListModelsRequest, context: Any) -> pb.ListModelsResponse:
        """Lists the models."""
        page, token = list_models(self._catalog, request.page_size, request.page_token)
        return pb.ListModelsResponse(models=[_card(card, default) for card, default in page], next_page_token=token)


def _packed(usage: Usage) -> message_pb2.TokenUsage:
    return message_pb2.TokenUsage(
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        cached_tokens=usage.cached_tokens,
    )


def _card(card: ModelCard, is_default: bool) -> model_pb2.Model:
    return model_pb2.Model(
        id=card.id,
        task=_TASKS[card.task],
        engine=card.engine,
        context_tokens=card.context_tokens,
        dimensions=card.dimensions,
        adapters=card.adapters,
        is_default=is_default,
        parallel_requests=card.parallel_requests,
    )
