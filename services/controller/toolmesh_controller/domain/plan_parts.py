"""Cuts a request into the parts that each get a tool, and says which of them can be called now."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from toolmesh_controller.domain.parts import Part

Chooser = Callable[[str], str]
Test = Callable[[str, str], bool]
Again = Callable[[str, str, str], bool]


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """A part with the tool that fits it best; an empty tool means none does."""

    part: Part
    tool: str


def plan_parts(
    request: str, pieces: Sequence[Part], best_tool: Chooser, is_complete: Test, asks_again: Again
) -> list[PlannedPart]:
    """Joins pieces until each part stands: a tool fits it and the part holds the values that tool needs.

    Args:
        best_tool: the tool that fits a text, "" for none.
        is_complete: whether a text holds every value that a tool needs.
        asks_again: whether a text, the one before it and their tool want the same tool twice.
    """
    if len(pieces) < 2:
        return [PlannedPart(piece, best_tool(piece.text)) for piece in pieces]

    def stands(part: Part) -> str:
        tool = best_tool(part.text)
        return tool if tool and (part.dependent or is_complete(part.text, tool)) else ""

    planned: list[PlannedPart] = []
    for piece in pieces:
        tool = stands(piece)
        last = planned[-1] if planned else None
        wanted_again = last is not None and last.tool != "" and asks_again(piece.text, last.part.text, last.tool)
        if last and not tool and wanted_again:
            # "in Rome and in Oslo", "80 USD to EUR and 90 to GBP": the second is too little to find a tool by.
            tool = last.tool
        again = last is not None and tool == last.tool
        if last and (not tool or not last.tool or (again and not wanted_again)):
            joined = last.part.joined(piece, request)
            planned[-1] = PlannedPart(joined, stands(joined) or last.tool or tool)
        else:
            planned.append(PlannedPart(piece, tool))
    if len(planned) == 1:
        return [PlannedPart(planned[0].part, best_tool(request))]
    return planned


def open_parts(planned: Sequence[PlannedPart], called: Sequence[str]) -> list[PlannedPart]:
    """The parts that no call was made for yet; each call closes the first open part of its tool, else the first."""
    still_open = [part for part in planned if part.tool]
    for tool in called:
        match = next((part for part in still_open if part.tool == tool), None)
        if match is None and still_open:
            match = still_open[0]
        if match is not None:
            still_open.remove(match)
    return still_open


def callable_now(
    still_open: Sequence[PlannedPart], *, any_called: bool, last_failed: bool = False
) -> list[PlannedPart]:
    """The open parts up to the first that needs the result of one before it; none that needs a result that failed."""
    ready: list[PlannedPart] = []
    for item in still_open:
        if item.part.dependent and (ready or last_failed):
            break
        if item.part.dependent and not any_called and still_open[0] is not item:
            break
        ready.append(item)
        if item.part.dependent:
            break
    return ready
