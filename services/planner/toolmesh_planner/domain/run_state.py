"""The state of a run as a pure fold of its events: the same events always give the same state."""

from dataclasses import dataclass
from enum import Enum, auto

from toolmesh.chat.v1.message_pb2 import ROLE_ASSISTANT, ROLE_TOOL, Message, TokenUsage, ToolCall
from toolmesh.planner.v1.run_event_pb2 import RetrievedTool, RunEvent, ToolCallFinished
from toolmesh.planner.v1.run_pb2 import Run
from toolmesh.planner.v1.run_service_pb2 import CreateRunRequest
from toolmesh.tool.v1.tool_pb2 import ToolResult
from toolmesh_core.errors import Internal
from toolmesh_planner.domain.observations import observation_of
from toolmesh_planner.domain.times import seconds_of


class Approval(Enum):
    """Whether a person has to agree to a call."""

    NOT_NEEDED = auto()
    WAITING = auto()
    APPROVED = auto()


@dataclass
class CallState:
    """A call of the current step; `asked_s` is when a person was asked to approve it."""

    call: ToolCall
    approval: Approval = Approval.NOT_NEEDED
    started: bool = False
    idempotent: bool = False
    asked_s: float = 0.0
    result: ToolResult | None = None


@dataclass(frozen=True)
class RunHeader:
    """What is fixed when a run is created.

    Attributes:
        request: checked; `messages` is the whole conversation that the run begins with, `limits` those in force.
        history_messages: how many of these messages came before the request.
        traceparent: the trace that the run belongs to, also after a restart.
        key: the name of the API key that the request came with; empty where the gateway does not say.
    """

    run: str
    user: str
    request: CreateRunRequest
    history_messages: int = 0
    traceparent: str = ""
    key: str = ""


def journal_damaged(run: str, how: str) -> Internal:
    """What is raised where a run cannot be rebuilt."""
    return Internal(
        f"the journal is damaged: run {run}: {how}; restore planner.sqlite3 from a copy", reason="JOURNAL_DAMAGED"
    )


class RunState:
    """A run after some of its events. `apply` is the only thing that changes it."""

    def __init__(self, header: RunHeader) -> None:
        self.header = header
        self.messages: list[Message] = list(header.request.messages)
        self.candidates: list[RetrievedTool] | None = None
        self.calls: dict[str, CallState] = {}
        self.call_ids: set[str] = set()
        self.client_tool_calls: list[ToolCall] = []
        self.answer: str | None = None
        self.question: str | None = None
        self.approvals_decided: dict[str, bool] = {}
        self.refused: set[tuple[str, str]] = set()
        self.repeats_refused_call = False
        self.interrupted: list[ToolCall] = []
        self.fruitless_resumes = 0
        self.step_count = 0
        self.usage = TokenUsage()
        self.tools_called: list[str] = []
        self.created_s = 0.0
        self.last_event_s = 0.0
        self.active_s = 0.0
        self.last_sequence = 0
        self.final: Run | None = None

    @classmethod
    def of(cls, header: RunHeader, events: list[RunEvent]) -> "RunState":
        """The state after all of these events. Internal where the journal is damaged."""
        if not events:
            raise journal_damaged(header.run, "it has no events")
        state = cls(header)
        for event in events:
            state.apply(event)
        return state

    @property
    def pending_approvals(self) -> list[ToolCall]:
        """Calls that wait for a person, in order."""
        return [call.call for call in self.calls.values() if call.result is None and call.approval is Approval.WAITING]

    @property
    def callable_calls(self) -> list[CallState]:
        """Calls without a result that nobody needs to approve any more, in order."""
        return [call for call in self.calls.values() if call.result is None and call.approval is not Approval.WAITING]

    @property
    def waits(self) -> bool:
        """Nothing can be done until a person decides; this time is not the run's."""
        return bool(self.pending_approvals) and not self.callable_calls

    @property
    def waits_since_s(self) -> float:
        """When the first of the calls that wait for a person began to."""
        waiting = [call.asked_s for call in self.calls.values() if call.result is None and call.asked_s]
        return min(waiting, default=self.last_event_s)

    @property
    def tokens_spent(self) -> int:
        """Tokens read and written so far."""
        return self.usage.prompt_tokens + self.usage.completion_tokens

    def remaining_s(self, now_s: float) -> float:
        """Seconds left of the time limit; the time spent waiting for a person does not count."""
        limit = self.header.request.limits.max_duration
        spent = self.active_s + (0.0 if self.waits else max(0.0, now_s - self.last_event_s))
        return seconds_of(limit) - spent

    def apply(self, event: RunEvent) -> None:
        """Takes in the next event."""
        kind = event.WhichOneof("event") or ""
        self._take_place(event, kind)
        match kind:
            case "tools_retrieved":
                self.candidates = list(event.tools_retrieved.tools)
            case "decision_made":
                self._decide(event)
            case "tool_call_started":
                self._start(event)
            case "tool_call_finished":
                self._finish(event.tool_call_finished)
            case "approval_requested":
                self._ask_approval(event)
            case "approval_decided":
                self._decide_approval(event)
            case "run_resumed":
                self._resume()
            case "run_ended":
                self.final = event.run_ended.run

    def _take_place(self, event: RunEvent, kind: str) -> None:
        if event.sequence != self.last_sequence + 1:
            raise journal_damaged(self.header.run, f"event {event.sequence} follows {self.last_sequence}")
        self._count_time(event, resumed=kind == "run_resumed")
        self.last_sequence = event.sequence
        if kind not in ("run_started", "run_resumed"):
            self.fruitless_resumes = 0

    def _count_time(self, event: RunEvent, *, resumed: bool) -> None:
        now = seconds_of(event.time)
        if event.sequence == 1:
            self.created_s = now
        elif not resumed and not self.waits:
            self.active_s += max(0.0, now - self.last_event_s)
        self.last_event_s = now

    def _decide(self, event: RunEvent) -> None:
        decision = event.decision_made.decision
        self.step_count += 1
        self.usage.prompt_tokens += decision.usage.prompt_tokens
        self.usage.completion_tokens += decision.usage.completion_tokens
        self.usage.cached_tokens += decision.usage.cached_tokens
        match decision.WhichOneof("outcome"):
            case "answer":
                self.answer = decision.answer
            case "question":
                self.question = decision.question
            case "tool_calls":
                calls = list(decision.tool_calls.calls)
                self.messages.append(Message(role=ROLE_ASSISTANT, tool_calls=calls))
                self.call_ids.update(call.id for call in calls)
                if self.header.request.client_tools:
                    self.client_tool_calls = calls
                else:
                    self.calls = {call.id: CallState(call) for call in calls}
                    self.repeats_refused_call = any((call.tool, call.arguments_json) in self.refused for call in calls)

    def _start(self, event: RunEvent) -> None:
        started = event.tool_call_started
        call = self.calls[started.call.id]
        call.started = True
        call.idempotent = started.idempotent
        self.tools_called.append(started.call.tool)

    def _finish(self, finished: ToolCallFinished) -> None:
        self.calls[finished.tool_call_id].result = finished.result
        if any(call.result is None for call in self.calls.values()):
            return
        # All at once and in the order of the calls, so that the conversation does not depend on which was quicker.
        self.messages.extend(
            Message(
                role=ROLE_TOOL,
                content=observation_of(call.result or ToolResult()),
                tool_call_id=call.call.id,
                tool=call.call.tool,
            )
            for call in self.calls.values()
        )
        self.calls = {}

    def _ask_approval(self, event: RunEvent) -> None:
        call = self.calls[event.approval_requested.call.id]
        if call.started:
            # The router held it, so it was not made after all.
            call.started = False
            last = len(self.tools_called) - 1 - self.tools_called[::-1].index(call.call.tool)
            del self.tools_called[last]
        call.approval = Approval.WAITING
        call.asked_s = seconds_of(event.time)

    def _decide_approval(self, event: RunEvent) -> None:
        decided = event.approval_decided
        call = self.calls[decided.tool_call_id]
        self.approvals_decided[decided.tool_call_id] = decided.approved
        if decided.approved:
            call.approval = Approval.APPROVED
        else:
            self.refused.add((call.call.tool, call.call.arguments_json))

    def _resume(self) -> None:
        if not self.waits:
            self.fruitless_resumes += 1
        self.interrupted = [
            call.call for call in self.calls.values() if call.started and call.result is None and not call.idempotent
        ]
