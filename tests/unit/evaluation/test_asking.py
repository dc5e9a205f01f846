"""How cases are asked: results feed the next decision, and a platform is asked as a user would."""

import json
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from toolmesh.chat.v1 import message_pb2
from toolmesh.controller.v1 import controller_service_pb2 as pb
from toolmesh.controller.v1 import decision_pb2
from toolmesh_core.errors import InvalidInput, Unavailable
from toolmesh_dialogues.dialogue import DialogueCall, DialogueMessage, DialogueTool
from toolmesh_evaluation.ask_controller import MOST_DECISIONS, AskController
from toolmesh_evaluation.ask_platform import AskPlatform
from toolmesh_evaluation.case import Case
from toolmesh_sdk import ApprovalRequested, AsyncClient, RunEnded, RunEvent, ToolCallStarted, ToolsRetrieved
from toolmesh_sdk.records.conversation import TokenUsage, ToolCall
from toolmesh_sdk.records.event import RetrievedTool
from toolmesh_sdk.records.run import Run

TOOL = DialogueTool("get", "gets", {"type": "object", "properties": {"a": {}}})


class FakeController:
    """Gives its decisions in turn, the last one again and again."""

    def __init__(self, *decisions: decision_pb2.Decision | Exception) -> None:
        self.requests: list[pb.DecideRequest] = []
        self._decisions = list(decisions)

    async def Decide(self, request: pb.DecideRequest) -> AsyncIterator[pb.DecideResponse]:
        self.requests.append(request)
        decision = self._decisions.pop(0) if len(self._decisions) > 1 else self._decisions[0]
        if isinstance(decision, Exception):
            raise decision
        yield pb.DecideResponse(answer_delta="It")
        yield pb.DecideResponse(decision=decision)


def calling(**arguments: Any) -> decision_pb2.Decision:
    call = message_pb2.ToolCall(id="c", tool="get", arguments_json=json.dumps(arguments))
    return decision_pb2.Decision(
        tool_calls=decision_pb2.ToolCalls(calls=[call]), usage=message_pb2.TokenUsage(prompt_tokens=3)
    )


def case(**fields: Any) -> Case:
    message = (DialogueMessage("user", "get it"),)
    return Case(
        **{"id": "c", "group": "c", "kind": "k", "language": "en", "messages": message, "tools": (TOOL,)} | fields
    )


async def test_results_lead_to_the_next_decision_until_nothing_is_called() -> None:
    controller = FakeController(calling(a=1), calling(a=2), decision_pb2.Decision(answer="Done."))
    observed = await AskController(controller, None, ())(
        case(expected="calls", results={"get": ('{"x": 1}', '{"x": 2}')})
    )
    assert [call.arguments for call in observed.calls] == [{"a": 1}, {"a": 2}]
    assert observed.prompt_tokens == 6
    last = controller.requests[-1].messages
    assert [message.content for message in last if message.role == message_pb2.ROLE_TOOL] == ['{"x": 1}', '{"x": 2}']


async def test_a_controller_that_never_stops_calling_is_stopped() -> None:
    controller = FakeController(calling(a=1))
    await AskController(controller, None, ())(case(expected="calls", results={}))
    assert len(controller.requests) == MOST_DECISIONS


async def test_a_case_without_results_is_one_decision() -> None:
    controller = FakeController(calling(a=1))
    await AskController(controller, None, ())(case(expected="calls"))
    assert len(controller.requests) == 1


@pytest.mark.parametrize(
    ("told", "expected", "choice"),
    [
        (False, "calls", pb.TOOL_CHOICE_AUTO),
        (True, "calls", pb.TOOL_CHOICE_REQUIRED),
        (True, "text", pb.TOOL_CHOICE_NONE),
    ],
)
async def test_what_is_due_is_told_only_where_the_protocol_says_so(told: bool, expected: str, choice: int) -> None:
    controller = FakeController(decision_pb2.Decision(answer="Done."))
    await AskController(controller, None, (), model="m", adapter="a", told=told)(case(expected=expected))
    (request,) = controller.requests
    assert (request.tool_choice, request.model, request.adapter) == (choice, "m", "a")


async def test_a_refusal_is_the_cases_own_fault_and_a_missing_service_is_not() -> None:
    refused = await AskController(FakeController(InvalidInput("too long")), None, ())(case(expected="calls"))
    assert "too long" in refused.error
    with pytest.raises(Unavailable):
        await AskController(FakeController(Unavailable("gone")), None, ())(case(expected="calls"))


class FakePlatform:
    """Runs that call one tool and answer."""

    def __init__(self, state: str = "succeeded") -> None:
        self.asked: list[tuple[str, str]] = []
        self.added: list[dict[str, str]] = []
        self.cancelled: list[str] = []
        self._state = state
        self.runs = SimpleNamespace(create=self._create, stream=self._stream, cancel=self._cancel)
        self.documents = SimpleNamespace(add=self._add)

    async def _add(self, **document: str) -> None:
        self.added.append(document)

    async def _create(self, text: str, *, session: str, model: str, adapter: str) -> Run:
        self.asked.append((text, session))
        return Run(id=text)

    async def _cancel(self, run: str) -> None:
        self.cancelled.append(run)

    async def _stream(self, run: str) -> AsyncIterator[RunEvent]:
        yield ToolsRetrieved(tools=[RetrievedTool(tool="get")])
        if self._state == "cancelled":
            yield ApprovalRequested(call=ToolCall(id="c", tool="get", arguments={}))
        yield ToolCallStarted(call=ToolCall(id="c", tool="get", arguments={"a": 1}))
        usage = TokenUsage(prompt_tokens=5, completion_tokens=2)
        yield RunEnded(run=Run(id=run, state=self._state, end_reason="time_limit", output=f"{run}!", usage=usage))


async def test_a_platform_is_asked_what_was_said_before_in_the_same_session() -> None:
    platform = FakePlatform()
    ask = AskPlatform(cast("AsyncClient", platform))
    asked = case(expected="calls", truth={"before": ["hello"], "documents": [{"title": "t", "text": "x"}]})
    await ask.add_documents([asked])
    observed = await ask(asked)
    assert [text for text, _ in platform.asked] == ["hello", "get it"]
    assert len({session for _, session in platform.asked}) == 1
    assert platform.added == [{"text": "x", "title": "t", "source": "", "media_type": ""}]
    assert observed.calls == (DialogueCall("c", "get", {"a": 1}),)
    assert [tool.name for tool in observed.candidates] == ["get"]
    assert (observed.text, observed.prompt_tokens, observed.error) == ("get it!", 5, "")


async def test_a_run_that_did_not_succeed_says_why() -> None:
    observed = await AskPlatform(cast("AsyncClient", FakePlatform("failed")))(case(expected="calls", truth={}))
    assert observed.error == "time_limit"


async def test_a_run_that_asks_for_approval_is_cancelled_since_nobody_gives_it() -> None:
    platform = FakePlatform("cancelled")
    await AskPlatform(cast("AsyncClient", platform))(case(expected="calls", truth={}))
    assert platform.cancelled == ["get it"]
