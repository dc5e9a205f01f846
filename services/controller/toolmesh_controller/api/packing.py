"""Protos to the controller's own data and back."""

from toolmesh.chat.v1 import message_pb2
from toolmesh.controller.v1 import controller_service_pb2 as pb
from toolmesh.controller.v1 import decision_pb2
from toolmesh.inference.v1 import inference_service_pb2 as inference_pb
from toolmesh_controller.app.decide import DecideAsk
from toolmesh_controller.app.ports import Constraint, ModelRef, Sampling
from toolmesh_controller.domain.conversation import (
    Candidate,
    ContextCut,
    Decision,
    Finish,
    Message,
    Role,
    ToolCall,
    ToolChoice,
    Usage,
)
from toolmesh_core.errors import InvalidInput

_ROLES = {
    message_pb2.ROLE_SYSTEM: Role.SYSTEM,
    message_pb2.ROLE_USER: Role.USER,
    message_pb2.ROLE_ASSISTANT: Role.ASSISTANT,
    message_pb2.ROLE_TOOL: Role.TOOL,
}
_CHOICES = {pb.TOOL_CHOICE_NONE: ToolChoice.NONE, pb.TOOL_CHOICE_REQUIRED: ToolChoice.REQUIRED}
_FINISHES = {
    Finish.NONE: inference_pb.FINISH_REASON_UNSPECIFIED,
    Finish.STOP: inference_pb.FINISH_REASON_STOP,
    Finish.LENGTH: inference_pb.FINISH_REASON_LENGTH,
}


def unpacked_ask(request: pb.DecideRequest) -> DecideAsk:
    """Raises InvalidInput for a message without a role, a nameless or repeated candidate, a negative limit."""
    names = [candidate.tool.name for candidate in request.candidates]
    if "" in names or len(set(names)) != len(names):
        raise InvalidInput("candidates: each needs a name of its own", field="candidates")
    if request.max_tool_calls < 0:
        raise InvalidInput(f"max_tool_calls: must be 0 or more, got {request.max_tool_calls}", field="max_tool_calls")
    return DecideAsk(
        messages=[_message(at, message) for at, message in enumerate(request.messages)],
        candidates=[_candidate(candidate) for candidate in request.candidates],
        ref=ModelRef(request.model, request.adapter),
        tool_choice=_CHOICES.get(request.tool_choice, ToolChoice.AUTO),
        required_tool=request.required_tool,
        max_tool_calls=request.max_tool_calls,
        sampling=_sampling(request.sampling),
        answer_constraint=Constraint(request.answer_constraint.grammar, request.answer_constraint.json_schema),
    )


def packed_decision(decision: Decision) -> decision_pb2.Decision:
    packed = decision_pb2.Decision(
        usage=_usage(decision.usage),
        scores=[
            decision_pb2.ChoiceScore(
                tool=score.tool,
                probability=score.probability,
                retriever_score=score.retriever_score,
                llm_log_probability=score.llm_log_probability,
            )
            for score in decision.scores
        ],
        context_cut=_cut(decision.context_cut),
        finish_reason=_FINISHES[decision.finish],
    )
    if decision.calls:
        packed.tool_calls.calls.extend(
            message_pb2.ToolCall(id=call.id, tool=call.tool, arguments_json=call.arguments_json)
            for call in decision.calls
        )
    elif decision.question is not None:
        packed.question = decision.question
    else:
        packed.answer = decision.answer or ""
    return packed


def _message(at: int, message: message_pb2.Message) -> Message:
    if message.role not in _ROLES:
        raise InvalidInput(f"messages[{at}].role: must be set", field=f"messages.{at}.role")
    return Message(
        _ROLES[message.role],
        message.content,
        tuple(ToolCall(call.id, call.tool, call.arguments_json) for call in message.tool_calls),
        message.tool_call_id,
        message.tool,
    )


def _candidate(candidate: pb.Candidate) -> Candidate:
    tool = candidate.tool
    return Candidate(tool.name, tool.description, tool.arguments_schema_json, candidate.score, tuple(tool.examples))


def _sampling(sampling: inference_pb.Sampling) -> Sampling:
    return Sampling(
        sampling.temperature if sampling.HasField("temperature") else None,
        sampling.top_p if sampling.HasField("top_p") else None,
        sampling.top_k if sampling.HasField("top_k") else None,
        sampling.seed if sampling.HasField("seed") else None,
        sampling.max_tokens,
        tuple(sampling.stop),
    )


def _usage(usage: Usage) -> message_pb2.TokenUsage:
    return message_pb2.TokenUsage(
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        cached_tokens=usage.cached_tokens,
    )


def _cut(cut: ContextCut) -> decision_pb2.ContextCut:
    return decision_pb2.ContextCut(
        dropped_messages=cut.dropped_messages,
        dropped_candidates=cut.dropped_candidates,
        cut_result_tokens=cut.cut_result_tokens,
    )
