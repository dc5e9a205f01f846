"""A run shown as it happens: tools found with scores, the decision, calls with arguments and results, the answer."""

from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from toolmesh_cli.output import duration
from toolmesh_cli.plain_text import compact_json, one_line, plain
from toolmesh_sdk import (
    AnswerDelta,
    ApprovalDecided,
    ApprovalRequested,
    Client,
    Decision,
    DecisionMade,
    Run,
    RunEnded,
    RunEvent,
    RunResumed,
    ToolCall,
    ToolCallFinished,
    ToolCallStarted,
    ToolProgress,
    ToolsRetrieved,
)

_SHOWN_TOOLS = 5
_LABEL_WIDTH = 10


class RunView:
    """Writes the events of one run to a console. Nothing in them is read as markup or obeyed by the terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._answer = ""
        self._in_answer = False

    def show(self, event: RunEvent) -> None:
        """Writes one event; kinds without a line here are left out."""
        writer = _WRITERS.get(type(event))
        if writer is not None:
            if self._in_answer and not isinstance(event, AnswerDelta):
                self._console.print()
                self._in_answer = False
            writer(self, event)

    def _line(self, label: str, text: str, style: str = "") -> None:
        line = Text(f"{label:<{_LABEL_WIDTH}}", style="bold cyan")
        line.append(plain(text), style=style)
        self._console.print(line, soft_wrap=True)

    def _tools(self, event: ToolsRetrieved) -> None:
        shown = "  ".join(f"{found.tool} {found.score:.2f}" for found in event.tools[:_SHOWN_TOOLS])
        spent = f"(of {event.searched}, {duration(event.search_duration)})"
        self._line("tools", f"{shown or 'none'}  {spent}")
        if event.degraded:
            self._line("", event.degraded, "yellow")

    def _decision(self, event: DecisionMade) -> None:
        self._line("decision", f"{_outcome_of(event.decision)}  ({duration(event.decision_duration)})")

    def _call(self, event: ToolCallStarted) -> None:
        self._line("call", call_text(event.call))

    def _result(self, event: ToolCallFinished) -> None:
        failure = event.result.failure
        spent = f"({duration(event.call_duration)})"
        if failure is not None:
            self._line("refused", f"{event.tool}: {one_line(failure.message)}  {spent}", "yellow")
            return
        stored = "".join(f"  [artifact {ref.artifact}]" for ref in event.result.artifacts)
        self._line("result", f"{one_line(_as_text(event.result.output))}{stored}  {spent}")

    def _progress(self, event: ToolProgress) -> None:
        share = f"{event.fraction:.0%} " if event.fraction else ""
        if text := one_line(event.message or event.partial_output):
            self._line("", f"{share}{text}", "dim")

    def _approval(self, event: ApprovalRequested) -> None:
        self._line("approval", f"{call_text(event.call)} waits for your approval", "yellow")

    def _approved(self, event: ApprovalDecided) -> None:
        comment = f": {event.comment}" if event.comment else ""
        self._line("approval", ("approved" if event.approved else "refused") + comment)

    def _resumed(self, event: RunResumed) -> None:
        self._line("resumed", "the planner started again and goes on", "yellow")

    def _delta(self, event: AnswerDelta) -> None:
        if not self._in_answer:
            self._console.print(Text(f"{'answer':<{_LABEL_WIDTH}}", style="bold cyan"), end="")
            self._answer, self._in_answer = "", True
        self._answer += event.text
        self._console.print(Text(plain(event.text)), end="", soft_wrap=True)

    def _ended(self, event: RunEnded) -> None:
        run = event.run
        if run.output.strip() != self._answer.strip():
            label = "question" if run.end_reason == "question" else "answer"
            self._line(label if run.succeeded else run.state, run.output)
        self._line("", _summary_of(run), "dim")


_WRITERS: dict[type[RunEvent], Callable[[RunView, Any], None]] = {
    ToolsRetrieved: RunView._tools,
    DecisionMade: RunView._decision,
    ToolCallStarted: RunView._call,
    ToolCallFinished: RunView._result,
    ToolProgress: RunView._progress,
    ApprovalRequested: RunView._approval,
    ApprovalDecided: RunView._approved,
    RunResumed: RunView._resumed,
    AnswerDelta: RunView._delta,
    RunEnded: RunView._ended,
}

Approver = Callable[[ToolCall], bool]


def show_run(
    client: Client,
    text: str,
    console: Console,
    *,
    session: str = "",
    model: str = "",
    tools: Sequence[str] = (),
    approver: Approver | None = None,
) -> Run:
    """Asks, shows each step as it happens, and returns the run.

    Args:
        approver: decides on calls that need a person; without one, a run that waits is returned as it is.

    Ctrl-C cancels the run before it goes on.
    """
    run = client.runs.create(text, session=session, model=model, tools=tools)
    view = RunView(console)
    return follow_run(client, run, view.show, approver)


def follow_run(client: Client, run: Run, show: Callable[[RunEvent], None], approver: Approver | None) -> Run:
    """Gives each event of a run to `show`, and returns the run when it has ended or waits for somebody else."""
    try:
        for event in client.runs.stream(run.id):
            show(event)
            if isinstance(event, RunEnded):
                return event.run
            if isinstance(event, ApprovalRequested) and (waiting := _settle(client, run, event.call, approver)):
                return waiting
    except KeyboardInterrupt:
        client.runs.cancel(run.id)
        raise
    return client.runs.get(run.id)


def _settle(client: Client, run: Run, call: ToolCall, approver: Approver | None) -> Run | None:
    found = client.runs.get(run.id)
    if call.id not in {pending.id for pending in found.pending_approvals}:
        return None
    if approver is None:
        return found
    client.runs.approve(run.id, call.id, refuse=not approver(call))
    return None


def call_text(call: ToolCall) -> str:
    """A call on one line."""
    return f"{call.tool} {compact_json(call.arguments)}"


def _outcome_of(decision: Decision) -> str:
    if decision.tool_calls is not None:
        chosen = [call.tool for call in decision.tool_calls.calls]
        odds = {score.tool: score.probability for score in decision.scores}
        return "call " + ", ".join(f"{tool} (p {odds[tool]:.2f})" if tool in odds else tool for tool in chosen)
    return "ask back" if decision.question is not None else "answer"


def _as_text(output: object) -> str:
    return output if isinstance(output, str) else compact_json(output)


def _summary_of(run: Run) -> str:
    tokens = run.usage.prompt_tokens + run.usage.completion_tokens
    spent = duration(run.end_time - run.create_time) if run.end_time and run.create_time else ""
    steps = f"{run.step_count} step{'s' if run.step_count != 1 else ''}"
    parts = [run.end_reason.replace("_", " "), steps, f"{tokens} tokens", spent, run.id]
    return " · ".join(part for part in parts if part)
