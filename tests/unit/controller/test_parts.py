"""Cutting a request into parts, and which of them are due."""

from collections.abc import Callable
from typing import Any

import pytest
from unit.controller.fakes import tool

from toolmesh_controller.domain.parts import Part, pieces_of
from toolmesh_controller.domain.plan_parts import PlannedPart, callable_now, open_parts

NUMBER = {"type": "number"}
DATE = {"type": "string", "format": "date"}


@pytest.mark.parametrize(
    ("request_text", "pieces"),
    [
        ("what is 3*4 and the time in Tokyo", ["what is 3*4", "the time in Tokyo"]),
        ("先查北京的天气，然后把结果记下来", ["先查北京的天气", "把结果记下来"]),
        ('Note "salt and pepper, then fat"', ['Note "salt and pepper, then fat"']),
        ("1,200 divided by 4", ["1,200 divided by 4"]),
        ("Ask Dr. Smith", ["Ask Dr. Smith"]),
        ("If it is 9 am in Tokyo, what time is it in Dubai?", ["If it is 9 am in Tokyo, what time is it in Dubai?"]),
        ("My oven says 350 F, what is that in Celsius?", ["My oven says 350 F, what is that in Celsius?"]),
        ("I ran 10 km, and what is the time?", ["I ran 10 km, and what is the time?"]),
        ("The time in Rome and the weather there", ["The time in Rome", "the weather there"]),
        ("I need the time in Rome and 3*4", ["I need the time in Rome", "3*4"]),
    ],
)
def test_a_request_is_cut_at_links_but_not_inside_quotes_and_numbers(request_text: str, pieces: list[str]) -> None:
    assert [piece.text for piece in pieces_of(request_text)] == pieces


def test_a_part_is_dependent_where_it_speaks_of_a_result() -> None:
    first, second = pieces_of("Convert 5 km to miles, then multiply the result by 3")
    assert (first.dependent, second.dependent) == (False, True)


def planned(*tools: str) -> list[PlannedPart]:
    return [PlannedPart(Part(f"part {at}", at, strong=True), tool) for at, tool in enumerate(tools)]


def test_a_call_closes_the_part_of_its_tool() -> None:
    assert [part.tool for part in open_parts(planned("a", "b", "a"), ["b"])] == ["a", "a"]
    assert [part.tool for part in open_parts(planned("a", "b"), ["a", "b"])] == []


def test_a_call_of_another_tool_closes_a_part_too_so_that_runs_end() -> None:
    assert [part.tool for part in open_parts(planned("a", "b"), ["x"])] == ["b"]


def test_independent_parts_are_due_at_once_and_dependent_ones_alone() -> None:
    free = planned("a", "b")
    waiting = PlannedPart(Part("note the result", 9, strong=True), "c")
    assert callable_now([*free, waiting], any_called=False) == free
    assert callable_now([waiting], any_called=True) == [waiting]
    assert callable_now([waiting], any_called=True, last_failed=True) == []


@pytest.mark.parametrize(
    ("request_text", "calls"),
    [
        ("Scale 80 apples by 3 and 90 pears by 4", 2),
        ("How far is it between 2024-03-01 and 2024-12-25?", 1),
    ],
)
async def test_a_second_set_of_all_values_wants_the_tool_again_but_a_value_alone_does_not(
    ask: Callable[..., Any], request_text: str, calls: int
) -> None:
    scale = tool("scale", "Scales a number by a factor.", {"number": NUMBER, "factor": NUMBER}, ["number", "factor"])
    far = tool("how_far", "How far is it between dates.", {"start": DATE, "end": DATE}, ["start", "end"])
    decision, _ = await ask(request_text, [scale, far])
    assert len(decision.calls) == calls
