"""An engine's rows and tables as answers within the limits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from toolmesh_tool_sql.adapters.statement_limits import StatementLimits
from toolmesh_tool_sql.domain.json_cells import json_cell

MOST_COLUMNS = 100
_MOST_NAMES = 300


def rows_answer(rows: Iterable[Sequence[object]], limits: StatementLimits) -> dict[str, Any]:
    """At most so many rows and characters; one row more is fetched to know whether there are."""
    shown: list[list[object]] = []
    room = limits.max_result_chars
    for row in rows:
        cells = [json_cell(value, limits.max_cell_chars) for value in row[:MOST_COLUMNS]]
        room -= sum(len(str(cell)) for cell in cells)
        if len(shown) == limits.max_rows or (room < 0 and shown):
            return {"rows": shown, "more_rows": True}
        shown.append(cells)
    return {"rows": shown, "more_rows": False}


@dataclass(slots=True)
class TableFacts:
    """A table or view.

    Attributes:
        columns: type by name, with "not null" where it is so.
        foreign_keys: such as "customer_id -> customers.id".
        rows_estimate: None where nothing is known without counting.
    """

    table: str
    kind: str
    about: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    primary_key: list[str] = field(default_factory=list)
    foreign_keys: list[str] = field(default_factory=list)
    rows_estimate: int | None = None

    def answer(self) -> dict[str, Any]:
        """As the LLM gets it; of very many columns the first."""
        return {
            "table": self.table,
            "kind": self.kind,
            "about": self.about,
            "columns": dict(list(self.columns.items())[:MOST_COLUMNS]),
            "columns_left_out": max(0, len(self.columns) - MOST_COLUMNS),
            "primary_key": self.primary_key,
            "foreign_keys": self.foreign_keys,
            "rows_estimate": self.rows_estimate,
        }


def schema_answer(tables: Sequence[TableFacts], others: Sequence[str]) -> dict[str, Any]:
    """The tables, and the names of those that did not fit."""
    return {"tables": [table.answer() for table in tables], "other_tables": list(others[:_MOST_NAMES])}
