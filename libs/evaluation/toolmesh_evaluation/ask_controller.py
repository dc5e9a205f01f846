"""Asks the controller of production about a case, as the planner would: candidates, decisions, results, decisions."""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from toolmesh.chat.v1 import message_pb2
from toolmesh.controller.v1 import controller_service_pb2, decision_pb2
from toolmesh.retriever.v1 import retriever_service_pb2
from toolmesh.tool.v1 import tool_pb2
from toolmesh_core.errors import Internal, ToolMeshError, Unavailable
from toolmesh_dialogues.dialogue import DialogueCall, DialogueMessage, DialogueTool
from toolmesh_evaluation.case import Case, Observed

# As the planner's retrieval_top_k.
TOP_K = 8
# As the planner's.
MOST_TURNS_BACK = 3
# A query of Seal-Tools has up to six calls; a request that still calls after so many decisions goes in circles.
MOST_DECISIONS = 8
# Where no text is compared, the first token shows that nothing more is called.
TEXT_TOKENS = {"text": 0, "calls": 1, "no_call": 1}
_ROLES = {
    "system": message_pb2.ROLE_SYSTEM,
    "user": message_pb2.ROLE_USER,
    "assistant": message_pb2.ROLE_ASSISTANT,
    "tool": message_pb2.ROLE_TOOL,
}


@dataclass
class _Progress:
    """What one case has come to so far."""

    messages: list[message_pb2.Message]
    calls: list[DialogueCall] = field(default_factory=list)
    text: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0


class AskController:
    """Carries out cases, any number at once."""

    def __init__(
        self,
        controller: Any,
        retriever: Any,
        tools: Sequence[DialogueTool],
        *,
        model: str = "",
        adapter: str = "",
        told: bool = False,
    ) -> None:
        """Takes stubs over grpc.aio channels, whose generated types know only blocking ones.

        Args:
            retriever: None where every case brings its tools.
            told: say with each request whether calls or a text are due, as API-Bank's own protocol does.
        """
        self._controller = controller
        self._retriever = retriever
        self._tools = {tool.name: tool for tool in tools}
        self._model = model
        self._adapter = adapter
        self._told = told

    async def __call__(self, case: Case) -> Observed:
        """Raises Unavailable where a service is gone: what is refused for another reason is the case's own fault."""
        progress = _Progress([as_message(message) for message in case.messages])
        candidates: list[controller_service_pb2.Candidate] = []
        error = ""
        began = time.perf_counter()
        try:
            candidates = await self._candidates(case)
            await self._decide_to_the_end(case, candidates, progress)
        except Unavailable:
            raise
        except ToolMeshError as refusal:
            error = f"{refusal.reason}: {refusal.message}"
        return Observed(
            calls=tuple(progress.calls),
            text=progress.text,
            candidates=tuple(self._offered(case, candidate.tool.name) for candidate in candidates),
            seconds=time.perf_counter() - began,
            prompt_tokens=progress.prompt_tokens,
            completion_tokens=progress.completion_tokens,
            error=error,
        )

    async def _decide_to_the_end(
        self, case: Case, candidates: Sequence[controller_service_pb2.Candidate], progress: _Progress
    ) -> None:
        given: dict[str, int] = defaultdict(int)
        for _ in range(MOST_DECISIONS if case.results is not None else 1):
            decision = await self._decide(case, candidates, progress.messages)
            progress.prompt_tokens += decision.usage.prompt_tokens
            progress.completion_tokens += decision.usage.completion_tokens
            made = list(decision.tool_calls.calls)
            progress.calls += [_as_call(call) for call in made]
            progress.text = decision.answer or decision.question
            if not made or case.results is None:
                return
            progress.messages.append(message_pb2.Message(role=message_pb2.ROLE_ASSISTANT, tool_calls=made))
            for call in made:
                progress.messages.append(_result(case, call, given[call.tool]))
                given[call.tool] += 1

    async def _decide(
        self,
        case: Case,
        candidates: Sequence[controller_service_pb2.Candidate],
        messages: Sequence[message_pb2.Message],
    ) -> decision_pb2.Decision:
        request = controller_service_pb2.DecideRequest(
            model=self._model,
            adapter=self._adapter,
            messages=messages,
            candidates=candidates,
            max_tool_calls=case.most_calls,
            tool_choice=self._tool_choice(case, candidates),
        )
        request.sampling.temperature = 0.0
        request.sampling.max_tokens = TEXT_TOKENS[case.expected]
        async for response in self._controller.Decide(request):
            if response.HasField("decision"):
                decision: decision_pb2.Decision = response.decision
                return decision
        raise Internal(f"case {case.id}: the controller ended its stream without a decision")

    async def _candidates(self, case: Case) -> list[controller_service_pb2.Candidate]:
        if case.tools or self._retriever is None:
            return [controller_service_pb2.Candidate(tool=as_tool(tool)) for tool in case.tools]
        best: dict[str, retriever_service_pb2.ScoredTool] = {}
        for query in queries_of(case.messages):
            search = retriever_service_pb2.SearchToolsRequest(query=query, top_k=TOP_K)
            for result in (await self._retriever.SearchTools(search)).results:
                if result.tool.name not in best or result.score > best[result.tool.name].score:
                    best[result.tool.name] = result
        found = sorted(best.values(), key=lambda result: -result.score)[:TOP_K]
        known = {result.tool.name for result in found}
        # As the planner does: a follow-up does not name the tools of the turn before.
        before = [name for name in tools_of_the_turn_before(case.messages) if name in self._tools and name not in known]
        return [
            *(controller_service_pb2.Candidate(tool=result.tool, score=result.score) for result in found),
            *(controller_service_pb2.Candidate(tool=as_tool(self._tools[name])) for name in before),
        ]

    def _tool_choice(
        self, case: Case, candidates: Sequence[controller_service_pb2.Candidate]
    ) -> controller_service_pb2.ToolChoice.ValueType:
        if not self._told:
            return controller_service_pb2.TOOL_CHOICE_AUTO
        if case.expected == "calls" and candidates:
            return controller_service_pb2.TOOL_CHOICE_REQUIRED
        return controller_service_pb2.TOOL_CHOICE_NONE

    def _offered(self, case: Case, name: str) -> DialogueTool:
        return next((tool for tool in case.tools if tool.name == name), None) or self._tools[name]


def queries_of(messages: Sequence[DialogueMessage]) -> list[str]:
    """What the retriever is asked, as the planner asks it: the last request, and where the talk before it has led to no
    call yet, both together."""
    asked = max((place for place, message in enumerate(messages) if message.role == "user"), default=None)
    if asked is None:
        return [""]
    said: list[str] = []
    for message in reversed(messages[:asked]):
        if message.tool or message.tool_calls or len(said) == MOST_TURNS_BACK:
            break
        if message.role == "user":
            said.insert(0, message.content)
    request = messages[asked].content
    return list(dict.fromkeys((request, "\n".join([*said, request]))))


def tools_of_the_turn_before(messages: Sequence[DialogueMessage]) -> list[str]:
    """Tools that were called for the request before the last one."""
    asked = [place for place, message in enumerate(messages) if message.role == "user"]
    if len(asked) < 2:
        return []
    return list(dict.fromkeys(message.tool for message in messages[asked[-2] : asked[-1]] if message.tool))


def as_message(message: DialogueMessage) -> message_pb2.Message:
    """A recorded message as the controller gets it."""
    return message_pb2.Message(
        role=_ROLES[message.role],
        content=message.content,
        tool_calls=[
            message_pb2.ToolCall(id=call.id, tool=call.tool, arguments_json=orjson.dumps(call.arguments).decode())
            for call in message.tool_calls
        ],
        tool_call_id=message.tool_call_id,
        tool=message.tool,
    )


def as_tool(tool: DialogueTool) -> tool_pb2.Tool:
    """A tool as the platform tells it."""
    return tool_pb2.Tool(
        name=tool.name,
        description=tool.description,
        arguments_schema_json=orjson.dumps(tool.arguments_schema).decode(),
        examples=tool.examples,
    )


def _as_call(call: message_pb2.ToolCall) -> DialogueCall:
    return DialogueCall(call.id, call.tool, orjson.loads(call.arguments_json))


def _result(case: Case, call: message_pb2.ToolCall, earlier: int) -> message_pb2.Message:
    """The stand-in result of a call; a call that should not have been made gets an empty one."""
    recorded = (case.results or {}).get(call.tool, ())
    content = recorded[min(earlier, len(recorded) - 1)] if recorded else "{}"
    return message_pb2.Message(role=message_pb2.ROLE_TOOL, content=content, tool_call_id=call.id, tool=call.tool)
