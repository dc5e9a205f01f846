"""What a chart may be made of: simple charts become specs, and no spec reaches outside."""

from typing import Any

import pytest

from toolmesh_core.errors import ToolError
from toolmesh_tool_data.domain.simple_chart import simple_chart
from toolmesh_tool_data.domain.vega_lite_spec import check_spec

ROWS = [{"day": "2024-01-05", "city": "Paris", "rain": 3}, {"day": "2024-01-06", "city": "Rome", "rain": 1.5}]


def reason_of(spec: dict[str, Any]) -> str:
    with pytest.raises(ToolError) as caught:
        check_spec(spec)
    return caught.value.reason


def test_columns_are_drawn_by_what_they_hold() -> None:
    spec = simple_chart("line", ROWS, "Day", "rain", "city", "Rain")
    assert spec["encoding"]["x"]["type"] == "temporal"
    assert spec["encoding"]["color"]["field"] == "city"
    assert spec["title"] == "Rain"
    assert simple_chart("bar", ROWS, "rain", "rain", "", "")["encoding"]["x"]["type"] == "ordinal"


def test_a_pie_has_labels_and_shares() -> None:
    spec = simple_chart("pie", ROWS, "city", "rain", "", "")
    assert (spec["mark"]["type"], spec["encoding"]["theta"]["field"]) == ("arc", "rain")


def test_dots_in_a_name_are_no_way_into_an_object() -> None:
    spec = simple_chart("point", [{"a.b": 1, "c[0]": 2}], "a.b", "c[0]", "", "")
    assert spec["encoding"]["x"]["field"] == "a\\.b"
    assert spec["encoding"]["y"]["field"] == "c\\[0\\]"


def test_a_column_that_is_not_there_or_holds_no_numbers_is_refused() -> None:
    with pytest.raises(ToolError, match="did you mean 'rain'"):
        simple_chart("bar", ROWS, "day", "raim", "", "")
    with pytest.raises(ToolError, match="numbers only"):
        simple_chart("bar", ROWS, "day", "city", "", "")


@pytest.mark.parametrize(
    "spec",
    [
        {"data": {"url": "https://example.com/x.json"}, "mark": "bar"},
        {"data": {"url": "file:///etc/passwd"}, "mark": "bar"},
        {"data": {"url": "data:text/csv,a"}, "mark": "bar"},
        {"layer": [{"data": {"values": []}}, {"hconcat": [{"data": {"url": "x.csv"}}]}]},
        {"transform": [{"lookup": "id", "from": {"data": {"url": "x.csv"}, "key": "id"}}]},
        {"data": {"url": {"expr": "'http://' + host"}}},
        {"mark": {"type": "image", "width": 5}},
        {"mark": "image"},
        {"spec": {"encoding": {"url": {"field": "picture"}}}},
        {"encoding": {"href": {"value": "javascript:1"}}},
        {"usermeta": {"embedOptions": {"loader": {"baseURL": "file:///"}}}},
        {"config": {"mark": {"URL": "x"}}},
        {"params": [{"bind": {"values": [1]}, "url": "x"}]},
    ],
)
def test_no_address_is_let_through_at_any_depth(spec: dict[str, Any]) -> None:
    assert reason_of(spec) == "NO_ADDRESSES"


def test_rows_may_have_columns_of_any_name() -> None:
    check_spec({"data": {"values": [{"url": "https://example.com", "type": "image"}]}, "mark": "bar"})


def test_vast_and_endless_specs_are_refused() -> None:
    assert reason_of({"width": 100_000}) == "TOO_LARGE"
    assert reason_of({"width": {"step": 5000}}) == "TOO_LARGE"
    assert reason_of({"data": {"values": ["x" * 600_000]}}) == "TOO_LARGE"
    nested: dict[str, Any] = {}
    for _ in range(100):
        nested = {"layer": [nested]}
    assert reason_of(nested) == "BAD_SPEC"
