"""What a run leaves behind: results for calls that were cut off, and its part of the session's conversation."""

from toolmesh.chat.v1.message_pb2 import ROLE_ASSISTANT, ROLE_TOOL, ROLE_USER, Message, ToolCall
from toolmesh.planner.v1 import run_pb2
from toolmesh.planner.v1.run_event_pb2 import RunEvent, ToolCallFinished
from toolmesh.planner.v1.run_pb2 import EndReason, Run
from toolmesh.tool.v1.tool_pb2 import ToolResult
from toolmesh_planner.domain.next_action import End
from toolmesh_planner.domain.observations import failed, observation_of
from toolmesh_planner.domain.run_state import CallState, RunState


def closing_events(state: RunState, end: End) -> list[RunEvent]:
    """A failed result for each call that has none, so that no call stays open in the record of an ended run."""
    return [
        RunEvent(
            tool_call_finished=ToolCallFinished(
                tool_call_id=call.call.id, tool=call.call.tool, result=_cut_off(call, end.reason)
            )
        )
        for call in state.calls.values()
        if call.result is None
    ]


def session_messages(state: RunState, ended: Run) -> list[Message]:
    """The messages that the run adds to its session: the request, its calls and results, and how it ended."""
    messages = state.messages[state.header.history_messages :]
    if ended.end_reason == run_pb2.END_REASON_CLIENT_TOOL_CALLS:
        return messages
    # In brackets: a later request must not take it for an answer.
    text = ended.output if ended.state == run_pb2.RUN_STATE_SUCCEEDED else f"[{ended.output}]"
    return [*messages, Message(role=ROLE_ASSISTANT, content=text)]


def mended_history(messages: list[Message]) -> list[Message]:
    """A session's newest messages made whole: begun at a request, and each call followed by a result."""
    first = next((place for place, message in enumerate(messages) if message.role == ROLE_USER), len(messages))
    mended: list[Message] = []
    open_calls: dict[str, ToolCall] = {}
    for message in messages[first:]:
        if message.tool_call_id:
            if open_calls.pop(message.tool_call_id, None) is None:
                continue
        else:
            mended.extend(_without_result(call) for call in open_calls.values())
            open_calls = {call.id: call for call in message.tool_calls}
        mended.append(message)
    mended.extend(_without_result(call) for call in open_calls.values())
    return mended


def _without_result(call: ToolCall) -> Message:
    result = failed("NO_RESULT", f"nobody gave the result of this call of '{call.tool}'")
    return Message(role=ROLE_TOOL, content=observation_of(result), tool_call_id=call.id, tool=call.tool)


def _cut_off(call: CallState, reason: "EndReason.ValueType") -> ToolResult:
    word = EndReason.Name(reason).removeprefix("END_REASON_")
    if not call.started:
        return failed(word, f"'{call.call.tool}' was not called: the run ended before")
    return failed(word, f"the run ended while '{call.call.tool}' was being called; nobody knows whether it took effect")
