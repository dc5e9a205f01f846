"""What a person's word about a waiting call means for the run."""

from toolmesh.chat.v1.message_pb2 import ToolCall
from toolmesh.planner.v1.run_event_pb2 import ApprovalDecided, RunEvent, ToolCallFinished
from toolmesh_planner.domain.observations import failed


def approval_events(call: ToolCall, *, approved: bool, comment: str) -> list[RunEvent]:
    """The events of a decision: a refused call ends at once, with what the person said as its failure."""
    decided = RunEvent(approval_decided=ApprovalDecided(tool_call_id=call.id, approved=approved, comment=comment))
    if approved:
        return [decided]
    said = f": {comment}" if comment else ""
    result = failed("APPROVAL_REFUSED", f"a person refused the call of '{call.tool}'{said}. Do not repeat it")
    return [
        decided,
        RunEvent(tool_call_finished=ToolCallFinished(tool_call_id=call.id, tool=call.tool, result=result)),
    ]
