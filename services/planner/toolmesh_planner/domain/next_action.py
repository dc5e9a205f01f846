"""What a run does next, from its state alone. Carrying it out, and the limit of time, are the app's part."""

from dataclasses import dataclass

from toolmesh.controller.v1.controller_service_pb2 import TOOL_CHOICE_NONE
from toolmesh.planner.v1 import run_pb2
from toolmesh.planner.v1.run_pb2 import EndReason, RunError
from toolmesh_planner.domain.run_state import CallState, RunState

# A run that brings the planner down each time it is taken up again must not do so for ever.
MOST_FRUITLESS_RESUMES = 20


@dataclass(frozen=True)
class Retrieve:
    """Find candidate tools."""


@dataclass(frozen=True)
class Decide:
    """Ask the controller."""


@dataclass(frozen=True)
class CallTools:
    """Make these calls at once; those already started were under way when the planner stopped."""

    calls: tuple[CallState, ...]


@dataclass(frozen=True)
class WaitForApproval:
    """Wait for a person."""


@dataclass(frozen=True)
class End:
    """End the run."""

    reason: "EndReason.ValueType"
    error: RunError | None = None


Action = Retrieve | Decide | CallTools | WaitForApproval | End


def next_action(state: RunState) -> Action:
    """The next action of a run that has not ended."""
    end = _end_of(state)
    if end is not None:
        return end
    if state.callable_calls:
        return CallTools(tuple(state.callable_calls))
    if state.calls:
        return WaitForApproval()
    return _limit_of(state) or (Retrieve() if _must_retrieve(state) else Decide())


def _end_of(state: RunState) -> End | None:
    if state.interrupted:
        return End(run_pb2.END_REASON_INTERRUPTED_CALL)
    if state.repeats_refused_call:
        return End(run_pb2.END_REASON_APPROVAL_REFUSED)
    if state.fruitless_resumes > MOST_FRUITLESS_RESUMES:
        message = f"the planner stopped {state.fruitless_resumes} times in a row at this run; look in its log"
        return End(
            run_pb2.END_REASON_PLATFORM_FAILURE, RunError(code="INTERNAL", reason="PLANNER_CRASHES", message=message)
        )
    if state.answer is not None:
        return End(run_pb2.END_REASON_ANSWERED)
    if state.question is not None:
        return End(run_pb2.END_REASON_QUESTION)
    if state.client_tool_calls:
        return End(run_pb2.END_REASON_CLIENT_TOOL_CALLS)
    return None


def _limit_of(state: RunState) -> End | None:
    limits = state.header.request.limits
    if state.step_count >= limits.max_steps:
        return End(run_pb2.END_REASON_STEP_LIMIT)
    if state.tokens_spent >= limits.max_tokens:
        return End(run_pb2.END_REASON_TOKEN_LIMIT)
    return None


def _must_retrieve(state: RunState) -> bool:
    request = state.header.request
    return state.candidates is None and not request.client_tools and request.tool_choice != TOOL_CHOICE_NONE
