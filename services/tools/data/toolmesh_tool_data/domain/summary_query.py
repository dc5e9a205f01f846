"""Writes the SQL of summaries and look-ups from checked parts; values travel as parameters, never inside the text."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from toolmesh_core.errors import ToolError
from toolmesh_tool_data.domain.conditions import Condition
from toolmesh_tool_data.domain.names import find_column

Operation = Literal["sum", "average", "median", "minimum", "maximum", "count", "count_distinct", "list_values"]
OPERATIONS: tuple[Operation, ...] = get_args(Operation)

_NUMERIC = re.compile(r"(TINY|SMALL|BIG|HUGE|U|INTEGER|DECIMAL|DOUBLE|FLOAT)")
_TEMPORAL = re.compile(r"(DATE|TIMESTAMP)")
_NUMBER = re.compile(r"[-+]?\d[\d,_ ]*(?:\.\d+)?%?|[-+]?\.\d+")
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2}([ T]\d{2}:\d{2}(:\d{2})?)?)?)?")


@dataclass(frozen=True, slots=True)
class TableShape:
    """A table's columns and their DuckDB types, in order."""

    name: str
    types: Mapping[str, str]

    def column(self, asked: str) -> str:
        """The column that was meant.

        Raises:
            ToolError: UNKNOWN_COLUMN.
        """
        return find_column(asked, list(self.types), self.name)

    def is_numeric(self, column: str) -> bool:
        """Whether sums and averages of the column make sense."""
        return bool(_NUMERIC.match(self.types[column]))


@dataclass(frozen=True, slots=True)
class Query:
    """SQL with its parameters."""

    sql: str
    parameters: tuple[object, ...] = ()


def plain_type(duckdb_type: str) -> str:
    """The type as people call it."""
    if duckdb_type.startswith(("DECIMAL", "DOUBLE", "FLOAT")):
        return "number"
    if _NUMERIC.match(duckdb_type):
        return "whole number"
    return {"VARCHAR": "text", "TIMESTAMP": "date and time"}.get(duckdb_type, duckdb_type.lower())


def quoted(name: str) -> str:
    """The name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def summary(
    shape: TableShape, column: str, operation: Operation, conditions: Sequence[Condition], group_by: str
) -> Query:
    """The query of one operation over a column, for the whole table or for each value of another column.

    Raises:
        ToolError: UNKNOWN_COLUMN, BAD_CONDITION, NOT_NUMERIC.
    """
    expression = _expression(shape, column, operation)
    where = _where(shape, conditions)
    source = f"FROM {quoted(shape.name)}{where.sql}"
    if operation == "list_values":
        return Query(
            f"SELECT {expression} AS value, count(*) AS rows {source} GROUP BY 1 ORDER BY rows DESC, 1",
            where.parameters,
        )
    counted = f"{expression} AS result, count(*) AS rows"
    if not group_by:
        return Query(f"SELECT {counted} {source}", where.parameters)
    group = quoted(shape.column(group_by))
    return Query(
        f"SELECT {group} AS {group}, {counted} {source} GROUP BY 1 ORDER BY result DESC NULLS LAST, 1", where.parameters
    )


def _expression(shape: TableShape, column: str, operation: Operation) -> str:
    if operation == "count" and column.strip() in ("", "*"):
        return "count(*)"
    name = shape.column(column)
    if operation in ("sum", "average", "median") and not shape.is_numeric(name):
        numeric = [other for other in shape.types if shape.is_numeric(other)]
        raise ToolError(
            f"column {name!r} holds {plain_type(shape.types[name])} values, which have no {operation}; "
            f"numeric columns are {', '.join(numeric) or 'none'}",
            reason="NOT_NUMERIC",
        )
    functions = {"average": "avg", "minimum": "min", "maximum": "max", "list_values": "", "count_distinct": "count"}
    return (
        f"{functions.get(operation, operation)}({'DISTINCT ' if operation == 'count_distinct' else ''}{quoted(name)})"
    )


def rows(
    shape: TableShape, columns: Sequence[str], conditions: Sequence[Condition], sort_by: str, *, descending: bool
) -> Query:
    """The query of the rows that fit.

    Raises:
        ToolError: UNKNOWN_COLUMN, BAD_CONDITION.
    """
    chosen = ", ".join(quoted(shape.column(column)) for column in columns) or "*"
    where = _where(shape, conditions)
    order = f" ORDER BY {quoted(shape.column(sort_by))} {'DESC' if descending else 'ASC'} NULLS LAST" if sort_by else ""
    source = f"FROM {quoted(shape.name)}{where.sql}"
    return Query(f"SELECT {chosen} {source}{order}", where.parameters)


def _where(shape: TableShape, conditions: Sequence[Condition]) -> Query:
    parts = [_compare(shape, condition) for condition in conditions]
    if not parts:
        return Query("")
    return Query(
        " WHERE " + " AND ".join(part.sql for part in parts),
        tuple(value for part in parts for value in part.parameters),
    )


def _compare(shape: TableShape, condition: Condition) -> Query:
    column = shape.column(condition.column)
    name, kind, operator = quoted(column), shape.types[column], condition.operator
    if operator in ("contains", "starts with"):
        function = "contains" if operator == "contains" else "starts_with"
        return Query(f"{function}(lower(CAST({name} AS VARCHAR)), lower(?))", (condition.value,))
    if shape.is_numeric(column):
        return Query(f"{name} {operator} CAST(? AS DOUBLE)", (_number(condition, column),))
    if _TEMPORAL.match(kind):
        return _compare_date(name, condition, column)
    return Query(f"lower(CAST({name} AS VARCHAR)) {operator} lower(?)", (condition.value,))


def _number(condition: Condition, column: str) -> float:
    if not _NUMBER.fullmatch(condition.value.strip()):
        raise ToolError(
            f"column {column!r} holds numbers, which cannot be compared with {condition.value!r}",
            reason="BAD_CONDITION",
        )
    return float(re.sub(r"[,_ %]", "", condition.value))


def _compare_date(name: str, condition: Condition, column: str) -> Query:
    """ISO dates compare as text; a year or month stands for all of its days."""
    value = condition.value.strip().replace("/", "-").replace("T", " ")
    if not _DATE.fullmatch(value):
        raise ToolError(
            f"column {column!r} holds dates: compare it with YYYY-MM-DD, YYYY-MM or YYYY, got {condition.value!r}",
            reason="BAD_CONDITION",
        )
    return Query(f"left(CAST({name} AS VARCHAR), {len(value)}) {condition.operator} ?", (value,))
