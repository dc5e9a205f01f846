"""A run as its user sees it, and the plain sentence of a run that ended without an answer."""

from google.protobuf.timestamp_pb2 import Timestamp

from toolmesh.planner.v1 import run_pb2
from toolmesh.planner.v1.run_pb2 import EndReason, Run, RunError
from toolmesh.planner.v1.run_pb2 import RunState as State
from toolmesh_planner.domain.next_action import End
from toolmesh_planner.domain.run_state import RunState

_SUCCEEDED = (
    run_pb2.END_REASON_ANSWERED,
    run_pb2.END_REASON_QUESTION,
    run_pb2.END_REASON_CLIENT_TOOL_CALLS,
)


def run_of(state: RunState) -> Run:
    """The run as it is; of one that has ended, as it is for good."""
    if state.final is not None:
        return state.final
    header = state.header
    return Run(
        id=header.run,
        user=header.user,
        session=header.request.session,
        input=header.request.input,
        model=header.request.model,
        state=run_pb2.RUN_STATE_WAITING_FOR_APPROVAL if state.pending_approvals else run_pb2.RUN_STATE_RUNNING,
        usage=state.usage,
        step_count=state.step_count,
        last_sequence=state.last_sequence,
        create_time=timestamp_of(state.created_s),
        pending_approvals=state.pending_approvals,
        tools_called=state.tools_called,
    )


def ended_run_of(state: RunState, end: End, now: Timestamp) -> Run:
    """The run as it is for good; its last event, RunEnded, is still to be written."""
    run = run_of(state)
    run.state = _state_of(end.reason)
    run.end_reason = end.reason
    run.output = _output_of(state, end)
    run.end_time.CopyFrom(now)
    run.last_sequence = state.last_sequence + 1
    del run.pending_approvals[:]
    if end.reason == run_pb2.END_REASON_CLIENT_TOOL_CALLS:
        run.client_tool_calls.extend(state.client_tool_calls)
    if end.error is not None:
        run.error.CopyFrom(end.error)
    return run


def as_failed(run: Run, error: RunError) -> Run:
    """The same run, ended by a failure of the platform after all."""
    failed = Run()
    failed.CopyFrom(run)
    failed.error.CopyFrom(error)
    if run.state == run_pb2.RUN_STATE_SUCCEEDED:
        failed.state = run_pb2.RUN_STATE_FAILED
        failed.end_reason = run_pb2.END_REASON_PLATFORM_FAILURE
        failed.output = f"The run ended without an answer: a part of the platform failed: {error.message}"
        del failed.client_tool_calls[:]
    return failed


def timestamp_of(seconds: float) -> Timestamp:
    """A Timestamp, to the microsecond."""
    whole, micros = divmod(round(seconds * 1e6), 1_000_000)
    return Timestamp(seconds=whole, nanos=micros * 1000)


def _state_of(reason: "EndReason.ValueType") -> "State.ValueType":
    if reason in _SUCCEEDED:
        return run_pb2.RUN_STATE_SUCCEEDED
    return run_pb2.RUN_STATE_CANCELLED if reason == run_pb2.END_REASON_CANCELLED else run_pb2.RUN_STATE_FAILED


def _output_of(state: RunState, end: End) -> str:
    match end.reason:
        case run_pb2.END_REASON_ANSWERED:
            return state.answer or ""
        case run_pb2.END_REASON_QUESTION:
            return state.question or ""
        case run_pb2.END_REASON_CLIENT_TOOL_CALLS:
            return ""
    return f"The run ended without an answer: {_why(state, end)}"


def _why(state: RunState, end: End) -> str:
    limits = state.header.request.limits
    match end.reason:
        case run_pb2.END_REASON_STEP_LIMIT:
            return f"it reached its limit of {limits.max_steps} steps. Ask for less at once, or raise max_steps."
        case run_pb2.END_REASON_TOKEN_LIMIT:
            return (
                f"it spent {state.tokens_spent} tokens and its limit is {limits.max_tokens}. "
                "Ask for less at once, or raise max_tokens."
            )
        case run_pb2.END_REASON_TIME_LIMIT:
            limit = limits.max_duration.ToTimedelta().total_seconds()
            return f"it reached its limit of {limit:g} seconds. Ask for less at once, or raise max_duration."
        case run_pb2.END_REASON_CANCELLED:
            return "it was cancelled."
        case run_pb2.END_REASON_INTERRUPTED_CALL:
            tools = ", ".join(f"'{call.tool}'" for call in state.interrupted)
            return (
                f"the planner stopped while {tools} was being called, and such a call must not be repeated. "
                "Nobody knows whether it took effect: check that before you ask again."
            )
        case run_pb2.END_REASON_APPROVAL_REFUSED:
            return "a person refused the tool call that it needs."
    return f"a part of the platform failed: {end.error.message if end.error else 'see the error.'}"
