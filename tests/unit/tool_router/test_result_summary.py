"""What stands in for a large output."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolmesh_tool_router.domain.result_summary import summarise, wrap_summary

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=30) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
    max_leaves=60,
)


def test_an_array_is_told_by_its_first_items_and_count() -> None:
    items = [{"n": n} for n in range(1000)]
    assert summarise(items, json.dumps(items), 30) == {"count": 1000, "first_items": [{"n": 0}, {"n": 1}, {"n": 2}]}


def test_an_array_of_huge_items_shows_the_ends_of_the_first() -> None:
    items = ["a" * 500 + "b" * 500]
    first = summarise(items, json.dumps(items), 100)["first_items"][0]
    assert first == {"head": '"' + "a" * 74, "tail": "b" * 24 + '"'}


@pytest.mark.parametrize(("output", "head", "tail"), [("x" * 100 + "end", "x", "end"), ({"k": "v" * 99}, '{"k"', '"}')])
def test_anything_else_is_told_by_head_and_tail(output: Any, head: str, tail: str) -> None:
    summary = summarise(output, json.dumps(output), 40)
    assert summary["head"].startswith(head)
    assert summary["tail"].endswith(tail)


@given(JSON)
def test_a_summary_is_json_of_bounded_length(output: Any) -> None:
    text = wrap_summary(summarise(output, json.dumps(output), 200), "sha256-1", 5, "note")
    assert json.loads(text)["size_bytes"] == 5
    assert len(text) < 200 * 6 + 300
