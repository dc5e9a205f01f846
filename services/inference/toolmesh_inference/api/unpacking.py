"""From the wire's messages to the domain's."""

from toolmesh.chat.v1 import message_pb2
from toolmesh.inference.v1 import inference_service_pb2 as pb
from toolmesh_core.errors import InvalidInput
from toolmesh_inference.domain.conversation import ChatMessage, Role, ToolCall
from toolmesh_inference.domain.generation import (
    Constraint,
    GenerationRequest,
    GrammarConstraint,
    JsonSchemaConstraint,
    Prompt,
    Sampling,
)
from toolmesh_inference.domain.model_card import EmbedKind

_ROLES = {
    message_pb2.ROLE_SYSTEM: Role.SYSTEM,
    message_pb2.ROLE_USER: Role.USER,
    message_pb2.ROLE_ASSISTANT: Role.ASSISTANT,
    message_pb2.ROLE_TOOL: Role.TOOL,
}


def generation_request_of(request: pb.GenerateRequest) -> GenerationRequest:
    """A request to write; InvalidInput for a message without a role."""
    return GenerationRequest(
        prompt=prompt_of(request),
        adapter=request.adapter,
        sampling=_sampling_of(request.sampling),
        constraint=_constraint_of(request.constraint),
    )


def prompt_of(request: pb.GenerateRequest | pb.ScoreContinuationsRequest) -> Prompt:
    """Messages or the raw text."""
    messages = tuple(_message_of(i, message) for i, message in enumerate(request.messages))
    return Prompt(messages, request.prompt)


def embed_kind_of(kind: "pb.EmbedKind.ValueType") -> EmbedKind:
    """Unspecified is a passage."""
    return EmbedKind.QUERY if kind == pb.EMBED_KIND_QUERY else EmbedKind.PASSAGE


def _message_of(place: int, message: message_pb2.Message) -> ChatMessage:
    role = _ROLES.get(message.role)
    if role is None:
        raise InvalidInput(f"message {place} has no role; set one", field=f"messages.{place}.role")
    calls = tuple(ToolCall(call.tool, call.arguments_json) for call in message.tool_calls)
    return ChatMessage(role, message.content, calls, message.tool)


def _sampling_of(sampling: pb.Sampling) -> Sampling:
    return Sampling(
        temperature=sampling.temperature,
        top_p=sampling.top_p if sampling.HasField("top_p") else 1.0,
        top_k=sampling.top_k,
        seed=sampling.seed if sampling.HasField("seed") else None,
        max_tokens=sampling.max_tokens,
        stop=tuple(sampling.stop),
    )


def _constraint_of(constraint: pb.Constraint) -> Constraint | None:
    match constraint.WhichOneof("kind"):
        case "json_schema":
            return JsonSchemaConstraint(constraint.json_schema)
        case "grammar":
            return GrammarConstraint(constraint.grammar)
    return None
