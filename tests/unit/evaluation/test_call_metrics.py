"""Action EM, Argument F1 and valid calls, by hand and by properties."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolmesh_dialogues.dialogue import DialogueCall, DialogueTool
from toolmesh_evaluation.metrics.calls import (
    action_exact_match,
    argument_counts,
    argument_f1,
    tool_f1,
    valid_call_share,
)
from toolmesh_evaluation.metrics.pair_calls import MOST_PERMUTED, pair_calls

NAMES = st.sampled_from(["a", "b", "c"])
VALUES = st.one_of(st.integers(-5, 5), st.sampled_from(["x", "y", "z"]), st.booleans())
CALLS = st.lists(
    st.builds(DialogueCall, st.just("id"), st.sampled_from(["one", "two"]), st.dictionaries(NAMES, VALUES)), max_size=4
)


def call(tool: str, **arguments: Any) -> DialogueCall:
    return DialogueCall("id", tool, arguments)


def test_half_a_match_counts_half() -> None:
    gold = [call("convert", amount=5, to="EUR")]
    made = [call("convert", amount=5, to="USD", round=True)]
    counts = argument_counts(gold, made)
    assert (counts.half, counts.full, counts.gold, counts.made) == (1, 1, 2, 3)
    assert counts.recall == pytest.approx(1.5 / 2)
    assert counts.precision == pytest.approx(1.5 / 3)
    assert argument_f1(gold, made) == pytest.approx(2 * 0.75 * 0.5 / 1.25)


def test_the_wrong_tool_gets_nothing_for_its_arguments() -> None:
    assert argument_f1([call("one", a=1)], [call("two", a=1)]) == 0
    assert action_exact_match([call("one", a=1)], [call("two", a=1)]) == 0


def test_two_calls_without_arguments_are_right_where_the_tools_are() -> None:
    assert argument_f1([call("one")], [call("one")]) == 1
    assert argument_f1([call("one")], [call("two")]) == 0
    assert argument_f1([call("one")], []) == 0


def test_an_argument_that_nobody_wanted_spoils_a_call_without_arguments() -> None:
    assert argument_f1([call("one")], [call("one", a=1)]) == 0


def test_a_call_that_was_not_made_costs_recall_only() -> None:
    gold = [call("one", a=1), call("two", b=2)]
    counts = argument_counts(gold, [call("one", a=1)])
    assert (counts.recall, counts.precision) == (0.5, 1.0)
    assert action_exact_match(gold, [call("one", a=1)]) == 0


def test_tool_f1_counts_a_tool_as_often_as_it_is_called() -> None:
    gold = [call("one"), call("two"), call("two")]
    assert tool_f1(gold, [call("two"), call("one"), call("one")]) == pytest.approx(4 / 6)
    assert tool_f1(gold, []) == 0


def test_calls_of_one_tool_are_paired_by_what_agrees_and_not_by_order() -> None:
    gold = [call("one", a=1), call("one", a=2)]
    assert argument_f1(gold, list(reversed(gold))) == 1


def test_more_calls_than_are_permuted_are_paired_all_the_same() -> None:
    gold = [call("one", a=number) for number in range(MOST_PERMUTED + 2)]
    assert argument_f1(gold, list(reversed(gold))) == 1


@given(CALLS)
def test_the_right_calls_have_full_marks(calls: list[DialogueCall]) -> None:
    assert action_exact_match(calls, calls) == 1
    assert argument_f1(calls, list(reversed(calls))) == pytest.approx(1)


@given(CALLS, CALLS)
def test_f1_is_a_share_and_does_not_depend_on_who_is_right(gold: list[DialogueCall], made: list[DialogueCall]) -> None:
    assert 0 <= argument_f1(gold, made) <= 1
    assert argument_f1(gold, made) == pytest.approx(argument_f1(made, gold))


@given(CALLS, CALLS)
def test_a_call_has_one_partner_at_most(gold: list[DialogueCall], made: list[DialogueCall]) -> None:
    pairs = pair_calls(gold, made)
    counts = argument_counts(gold, made)
    assert len(pairs) <= min(len(gold), len(made))
    assert counts.half + counts.full <= min(counts.gold, counts.made)


def test_a_valid_call_names_a_candidate_and_keeps_to_its_schema() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    offered = [DialogueTool("one", "", schema)]
    made = [call("one", a=1), call("one", a="x"), call("one", a=1, b=2), call("two", a=1), call("one")]
    assert valid_call_share(made, offered) == pytest.approx(1 / 5)
    assert valid_call_share([], offered) is None
