"""From a decision to the events of its step: which calls start, which wait for a person, which cannot be made."""

from collections.abc import Mapping

from toolmesh.chat.v1.message_pb2 import ToolCall
from toolmesh.controller.v1.decision_pb2 import Decision
from toolmesh.planner.v1.run_event_pb2 import ApprovalRequested, RunEvent, ToolCallFinished, ToolCallStarted
from toolmesh.tool.v1.tool_pb2 import Tool
from toolmesh_planner.domain.observations import failed
from toolmesh_planner.domain.run_state import RunState


def with_unique_ids(decision: Decision, state: RunState) -> Decision:
    """The decision with ids of its calls that are new in the run: a result is joined to its call by them."""
    taken = set(state.call_ids)
    for place, call in enumerate(decision.tool_calls.calls, 1):
        if not call.id or call.id in taken:
            call.id = f"call_{state.header.run[-12:]}_{state.step_count + 1}_{place}"
        taken.add(call.id)
    return decision


def call_events(decision: Decision, state: RunState, tools: Mapping[str, Tool]) -> list[RunEvent]:
    """What follows DecisionMade in the same commit. Pass the state before the decision.

    Args:
        tools: the candidates that were offered, by name.
    """
    calls = decision.tool_calls.calls
    # A call that a person refused is not put before them again: the run ends (see next_action).
    if state.header.request.client_tools or any((call.tool, call.arguments_json) in state.refused for call in calls):
        return []
    return [_event_of(call, tools.get(call.tool)) for call in calls]


def start_event(call: ToolCall, tool: Tool | None) -> RunEvent:
    """The call starts, or ends at once where there is no such tool."""
    if tool is None:
        result = failed("UNKNOWN_TOOL", f"there is no tool '{call.tool}' among those offered; call another one")
        return RunEvent(tool_call_finished=ToolCallFinished(tool_call_id=call.id, tool=call.tool, result=result))
    return RunEvent(tool_call_started=ToolCallStarted(call=call, idempotent=tool.idempotent))


def _event_of(call: ToolCall, tool: Tool | None) -> RunEvent:
    if tool is not None and tool.needs_approval:
        return RunEvent(approval_requested=ApprovalRequested(call=call))
    return start_event(call, tool)
