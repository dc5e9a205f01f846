"""What both ways of coming to calls share: the frame of one decision, and which parts are due."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from toolmesh_controller.app.choose_tools import Choice
from toolmesh_controller.app.ports import ModelInfo, ModelRef
from toolmesh_controller.app.tool_book import ReadTool
from toolmesh_controller.domain.conversation import Decision, ToolCall, Usage
from toolmesh_controller.domain.plan_parts import PlannedPart, callable_now, open_parts
from toolmesh_controller.domain.turn import Turn, parsed


@dataclass(frozen=True, slots=True)
class Acting:
    """One decision in the making.

    Attributes:
        tools: the candidates by name.
        must_call: whether the caller wants a call whatever fits.
        most_calls: how many calls may come out.
    """

    ref: ModelRef
    model: ModelInfo
    turn: Turn
    tools: Mapping[str, ReadTool]
    usage: Usage
    must_call: bool
    most_calls: int


def open_now(acting: Acting, choice: Choice) -> list[PlannedPart]:
    """The parts of the request that a call is due for, each with its tool."""
    turn = acting.turn
    still_open = open_parts(choice.planned, [done.call.tool for done in turn.done])
    if acting.must_call and not still_open and not turn.done:
        still_open = [PlannedPart(choice.planned[0].part, choice.scores[0].tool)]
    last_failed = bool(turn.done) and turn.done[-1].failed
    return callable_now(still_open, any_called=bool(turn.done), last_failed=last_failed)[: acting.most_calls]


def without_repeats(calls: Sequence[ToolCall], turn: Turn) -> list[ToolCall]:
    """The calls that were not made yet, each once."""
    kept: dict[tuple[str, str], ToolCall] = {}
    for call in calls:
        if not turn.already_called(call.tool, parsed(call.arguments_json)):
            kept.setdefault((call.tool, call.arguments_json), call)
    return list(kept.values())


def calling(acting: Acting, choice: Choice, calls: Sequence[ToolCall]) -> Decision:
    """The decision to make these calls."""
    return Decision(tuple(calls), usage=acting.usage, scores=choice.scores, context_cut=choice.cut)
