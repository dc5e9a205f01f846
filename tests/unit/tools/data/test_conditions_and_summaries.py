"""Conditions, names and the SQL made of them."""

import pytest

from toolmesh_core.errors import ToolError
from toolmesh_tool_data.domain.conditions import Condition, parse_conditions
from toolmesh_tool_data.domain.names import find_column, find_table, plain_name, unique_names
from toolmesh_tool_data.domain.summary_query import TableShape, plain_type, rows, summary

SHAPE = TableShape(
    "sales", {"order_date": "DATE", "region": "VARCHAR", "amount": "DOUBLE", "unit price": "DECIMAL(9,2)"}
)


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        ("", []),
        ("region = North", [Condition("region", "=", "North")]),
        ("where region == 'North'", [Condition("region", "=", "North")]),
        ("amount>=100 and region != South", [Condition("amount", ">=", "100"), Condition("region", "!=", "South")]),
        ("amount is greater than 5", [Condition("amount", ">", "5")]),
        ("order date after 2024-03", [Condition("order date", ">", "2024-03")]),
        ("name contains desk", [Condition("name", "contains", "desk")]),
        ('band = "Rock and Roll"', [Condition("band", "=", "Rock and Roll")]),
        ("区域 等于 北方 并且 金额 大于 100", [Condition("区域", "=", "北方"), Condition("金额", ">", "100")]),
        ("金额≥100", [Condition("金额", ">=", "100")]),
    ],
)
def test_conditions_are_read_in_english_and_chinese(text: str, conditions: list[Condition]) -> None:
    assert parse_conditions(text) == conditions


@pytest.mark.parametrize("text", ["North", "= 3", "region =", "a = 1 or b = 2", "a = 1; drop table sales", "x" * 400])
def test_a_condition_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ToolError) as caught:
        parse_conditions(text)
    assert caught.value.reason == "BAD_CONDITION"


def test_values_travel_as_parameters_and_names_are_quoted() -> None:
    evil = "x' OR 1=1 --"
    query = rows(SHAPE, [], [Condition("region", "=", evil)], "unit_price", descending=True)
    assert evil not in query.sql
    assert query.parameters == (evil,)
    assert 'ORDER BY "unit price" DESC' in query.sql


@pytest.mark.parametrize(
    ("column", "operation", "where", "reason"),
    [
        ("region", "sum", "", "NOT_NUMERIC"),
        ("colour", "sum", "", "UNKNOWN_COLUMN"),
        ('amount") FROM secrets --', "sum", "", "UNKNOWN_COLUMN"),
        ("amount", "sum", "amount = many", "BAD_CONDITION"),
        ("amount", "sum", "order_date > soon", "BAD_CONDITION"),
    ],
)
def test_a_summary_that_makes_no_sense_is_refused(column: str, operation: str, where: str, reason: str) -> None:
    with pytest.raises(ToolError) as caught:
        summary(SHAPE, column, operation, parse_conditions(where), "")  # type: ignore[arg-type]
    assert caught.value.reason == reason


def test_names_are_forgiving_and_their_refusals_list_what_there_is() -> None:
    assert plain_name("Sales 2024.CSV") == "sales_2024"
    assert plain_name("销售 表.xlsx") == "销售_表"
    assert find_table("Sales.csv", ["sales", "shop_orders"]) == "sales"
    assert find_table("orders", ["sales", "shop_orders"]) == "shop_orders"
    assert find_column("Unit_Price", list(SHAPE.types), "sales") == "unit price"
    with pytest.raises(ToolError, match="did you mean 'sales'"):
        find_table("sale", ["sales", "cities"])
    with pytest.raises(ToolError, match="order_date, region"):
        find_column("colour", list(SHAPE.types), "sales")
    assert unique_names(["a", "", "A", "a"]) == ["a", "column_2", "A_2", "a_3"]


def test_types_are_told_in_plain_words() -> None:
    assert [plain_type(kind) for kind in ("VARCHAR", "BIGINT", "DECIMAL(9,2)", "DATE")] == [
        "text",
        "whole number",
        "number",
        "date",
    ]
