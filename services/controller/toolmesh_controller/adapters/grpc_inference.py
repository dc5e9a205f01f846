"""The models, reached over gRPC; knows the models it was told about for a while, so that a decision need not ask."""

import array
import math
from collections.abc import AsyncGenerator, Callable, Sequence

import grpc

from toolmesh.chat.v1 import message_pb2
from toolmesh.inference.v1 import inference_service_pb2 as pb
from toolmesh.inference.v1 import inference_service_pb2_grpc as pb_grpc
from toolmesh.inference.v1.model_pb2 import MODEL_TASK_EMBED, MODEL_TASK_GENERATE
from toolmesh_controller.app.ports import Constraint, ModelInfo, ModelRef, Sampling, Scores, TextPiece, Vector
from toolmesh_controller.domain.conversation import Finish, Message, Role, Usage
from toolmesh_core.errors import NotFound, Unavailable

RETRY_METHODS = tuple(
    f"toolmesh.inference.v1.InferenceService/{method}"
    for method in ("ScoreContinuations", "CountTokens", "Embed", "ListModels")
)
_ROLES = {
    Role.SYSTEM: message_pb2.ROLE_SYSTEM,
    Role.USER: message_pb2.ROLE_USER,
    Role.ASSISTANT: message_pb2.ROLE_ASSISTANT,
    Role.TOOL: message_pb2.ROLE_TOOL,
}
_FINISHES = {pb.FINISH_REASON_STOP: Finish.STOP, pb.FINISH_REASON_LENGTH: Finish.LENGTH}
_DEFAULT = "default"


class GrpcInference:
    """Inference over a channel made by toolmesh_core.channel.connect.

    Args:
        monotonic: seconds that only grow.
        models_kept_s: seconds after which the list of models is asked for again.
    """

    def __init__(self, channel: grpc.aio.Channel, monotonic: Callable[[], float], models_kept_s: float) -> None:
        self._stub = pb_grpc.InferenceServiceStub(channel)
        self._monotonic = monotonic
        self._models_kept_s = models_kept_s
        self._models: dict[str, ModelInfo] = {}
        self._embedders: frozenset[str] = frozenset()
        self._models_at = -math.inf

    async def generate(
        self, ref: ModelRef, messages: Sequence[Message], sampling: Sampling, constraint: Constraint
    ) -> AsyncGenerator[TextPiece, None]:
        request = pb.GenerateRequest(
            model=ref.model,
            adapter=ref.adapter,
            messages=_packed(messages),
            sampling=_sampling(sampling),
            constraint=_constraint(constraint),
        )
        stream = self._stub.Generate(request)
        try:
            async for response in stream:
                yield _piece(response)
        finally:
            stream.cancel()

    async def score(self, ref: ModelRef, messages: Sequence[Message], continuations: Sequence[str]) -> Scores:
        request = pb.ScoreContinuationsRequest(
            model=ref.model, adapter=ref.adapter, messages=_packed(messages), continuations=continuations
        )
        response = await self._stub.ScoreContinuations(request)
        return Scores(tuple(response.log_probabilities), _usage(response.usage))

    async def count_tokens(self, model: str, texts: Sequence[str]) -> list[int]:
        response = await self._stub.CountTokens(pb.CountTokensRequest(model=model, texts=texts))
        return list(response.counts)

    async def model(self, model: str) -> ModelInfo:
        """Raises NotFound where no model for text has this id."""
        name = model or _DEFAULT
        if name not in self._models or self._is_old():
            await self._read_models()
        if name not in self._models:
            known = ", ".join(sorted(self._models)) or "none"
            raise NotFound(f"model '{name}' is not served; known: {known}")
        return self._models[name]

    async def embed(self, model: str, texts: Sequence[str], *, passages: bool) -> list[Vector] | None:
        """Vectors of length 1; None where no such model is served."""
        if self._is_old():
            await self._read_models()
        if model not in self._embedders:
            return None
        kind = pb.EMBED_KIND_PASSAGE if passages else pb.EMBED_KIND_QUERY
        response = await self._stub.Embed(pb.EmbedRequest(model=model, texts=texts, kind=kind))
        return [array.array("f", vector) for vector in response.vectors]

    def _is_old(self) -> bool:
        return self._monotonic() - self._models_at > self._models_kept_s

    async def _read_models(self) -> None:
        try:
            response = await self._stub.ListModels(pb.ListModelsRequest(page_size=1000))
        except Unavailable:
            if self._models:
                return
            raise
        writing = [model for model in response.models if model.task == MODEL_TASK_GENERATE]
        self._models = {
            model.id: ModelInfo(model.id, model.engine, model.context_tokens, frozenset(model.adapters))
            for model in writing
        }
        for model in writing:
            if model.is_default:
                self._models[_DEFAULT] = self._models[model.id]
        self._embedders = frozenset(model.id for model in response.models if model.task == MODEL_TASK_EMBED)
        self._models_at = self._monotonic()


def _piece(response: pb.GenerateResponse) -> TextPiece:
    if response.finish_reason or response.HasField("usage"):
        return TextPiece(response.text, _FINISHES.get(response.finish_reason, Finish.NONE), _usage(response.usage))
    return TextPiece(response.text)


def _packed(messages: Sequence[Message]) -> list[message_pb2.Message]:
    return [message_pb2.Message(role=_ROLES[message.role], content=message.content) for message in messages]


def _sampling(sampling: Sampling) -> pb.Sampling:
    return pb.Sampling(
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        top_k=sampling.top_k,
        seed=sampling.seed,
        max_tokens=sampling.max_tokens,
        stop=sampling.stop,
    )


def _constraint(constraint: Constraint) -> pb.Constraint | None:
    if constraint.grammar:
        return pb.Constraint(grammar=constraint.grammar)
    return pb.Constraint(json_schema=constraint.json_schema) if constraint.json_schema else None


def _usage(usage: message_pb2.TokenUsage) -> Usage:
    return Usage(usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens)
