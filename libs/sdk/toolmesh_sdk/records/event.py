"""What happens in a run, one class an event."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from pydantic import Field

from toolmesh_sdk.records.conversation import TokenUsage, ToolCall
from toolmesh_sdk.records.record import Duration, Record
from toolmesh_sdk.records.run import Run, RunLimits
from toolmesh_sdk.records.tool import ToolResult


class RunEvent(Record):
    """One thing that happened. sequence: its place in the journal from 1, or 0 for one that is not kept."""

    kind: ClassVar[str] = ""

    sequence: int = 0
    time: datetime | None = None
    step: int = 0

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values with the kind of event in front."""
        return {"event": self.kind, **self.model_dump(mode="json")}


class RunStarted(RunEvent):
    """The run began."""

    kind = "run_started"
    input: str = ""
    history_messages: int = 0
    limits: RunLimits = RunLimits()


class RetrievedTool(Record):
    """A candidate tool and the retriever's score, 0 to 1."""

    tool: str
    score: float = 0.0


class ToolsRetrieved(RunEvent):
    """Candidate tools were found, best first."""

    kind = "tools_retrieved"
    tools: list[RetrievedTool] = Field(default_factory=list)
    searched: int = 0
    search_duration: Duration = timedelta()
    degraded: str = ""


class ToolCalls(Record):
    """Calls to make at once."""

    calls: list[ToolCall] = Field(default_factory=list)


class ChoiceScore(Record):
    """How one choice scored; an empty tool means "no tool". The log-probability is in nats."""

    tool: str = ""
    probability: float = 0.0
    retriever_score: float = 0.0
    llm_log_probability: float = 0.0


class ContextCut(Record):
    """What did not fit the model's context."""

    dropped_messages: int = 0
    dropped_candidates: int = 0
    cut_result_tokens: int = 0


class Decision(Record):
    """What to do next: one of tool_calls, answer and question is set."""

    tool_calls: ToolCalls | None = None
    answer: str | None = None
    question: str | None = None
    usage: TokenUsage = TokenUsage()
    scores: list[ChoiceScore] = Field(default_factory=list)
    context_cut: ContextCut | None = None
    finish_reason: str = "unspecified"


class DecisionMade(RunEvent):
    """The controller decided."""

    kind = "decision_made"
    decision: Decision = Decision()
    decision_duration: Duration = timedelta()


class ToolCallStarted(RunEvent):
    """A tool call is about to be made."""

    kind = "tool_call_started"
    call: ToolCall = ToolCall()
    idempotent: bool = False


class ToolCallFinished(RunEvent):
    """A tool call ended, with an output or the tool's own failure."""

    kind = "tool_call_finished"
    tool_call_id: str = ""
    tool: str = ""
    result: ToolResult = ToolResult()
    call_duration: Duration = timedelta()
    attempts: int = 0


class ApprovalRequested(RunEvent):
    """A call waits for a person."""

    kind = "approval_requested"
    call: ToolCall = ToolCall()


class ApprovalDecided(RunEvent):
    """A person decided on a call."""

    kind = "approval_decided"
    tool_call_id: str = ""
    approved: bool = False
    comment: str = ""


class RunResumed(RunEvent):
    """The planner started again and goes on with this run."""

    kind = "run_resumed"
    repeated_tool_call_ids: list[str] = Field(default_factory=list)


class RunEnded(RunEvent):
    """The run ended; nothing follows."""

    kind = "run_ended"
    run: Run


class AnswerDelta(RunEvent):
    """A piece of the answer; not kept."""

    kind = "answer_delta"
    text: str = ""


class ToolProgress(RunEvent):
    """How far a call is, 0 to 1; not kept."""

    kind = "tool_progress"
    tool_call_id: str = ""
    fraction: float = 0.0
    message: str = ""
    partial_output: str = ""


class UnknownEvent(RunEvent):
    """An event of a newer platform."""

    kind = "unknown"
    data: dict[str, Any] = Field(default_factory=dict)


_CLASSES: dict[str, type[RunEvent]] = {
    cls.kind: cls
    for cls in (
        RunStarted,
        ToolsRetrieved,
        DecisionMade,
        ToolCallStarted,
        ToolCallFinished,
        ApprovalRequested,
        ApprovalDecided,
        RunResumed,
        RunEnded,
        AnswerDelta,
        ToolProgress,
    )
}


def event_of(data: Mapping[str, Any]) -> RunEvent:
    """The event that a RunEvent in JSON stands for: its envelope and the one field that says what happened."""
    envelope = {name: data[name] for name in ("sequence", "time", "step") if name in data}
    for kind, cls in _CLASSES.items():
        if kind in data:
            body = data[kind]
            fields = {"text": body} if kind == AnswerDelta.kind else body
            return cls.model_validate({**fields, **envelope})
    return UnknownEvent.model_validate({**envelope, "data": dict(data)})
