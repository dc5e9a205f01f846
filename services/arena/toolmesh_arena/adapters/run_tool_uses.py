"""The tool calls of a run, from its events."""

from dataclasses import replace

from toolmesh.planner.v1.run_event_pb2 import RunEvent
from toolmesh_arena.domain.battle import ToolUse


class ToolUses:
    """Takes events in order; joins each result to its call."""

    def __init__(self) -> None:
        self._uses: dict[str, ToolUse] = {}

    def take(self, event: RunEvent) -> None:
        """One event; most say nothing of calls."""
        kind = event.WhichOneof("event")
        if kind == "tool_call_started":
            call = event.tool_call_started.call
            self._uses[call.id] = ToolUse(call.tool, call.arguments_json)
        elif kind == "tool_call_finished":
            finished = event.tool_call_finished
            begun = self._uses.get(finished.tool_call_id, ToolUse(finished.tool, "{}"))
            self._uses[finished.tool_call_id] = replace(
                begun, output_json=finished.result.output_json, failure=finished.result.failure.message
            )

    def in_order(self) -> tuple[ToolUse, ...]:
        """All calls, as they were begun."""
        return tuple(self._uses.values())
