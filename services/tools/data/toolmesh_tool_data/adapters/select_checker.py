"""Lets through one SELECT over tables, judged by DuckDB's own parser, and nothing else."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb

from toolmesh_core.errors import ToolError

FEW_THREADS: dict[str, Any] = {"threads": 1, "async_threads": 1}
"""Each thread of DuckDB reserves address space, which the process has little of."""
TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest", "repeat"})
"""Those that neither read files nor take pointers; every other is refused by name."""


@dataclass(frozen=True, slots=True)
class Select:
    """One SELECT without its semicolon, and the tables it names."""

    sql: str
    tables: frozenset[str]


class SelectChecker:
    """Parses with an empty database of its own."""

    def __init__(self) -> None:
        self._parser = duckdb.connect(":memory:", config={**FEW_THREADS, "enable_external_access": "false"})

    def check(self, sql: str) -> Select:
        """The SELECT.

        Raises:
            ToolError: BAD_SQL; READ_ONLY for any other statement, more than one, or a function that could read files.
        """
        statement = self._only_statement(sql)
        tree = self._tree(statement)
        refused = sorted(set(_table_functions(tree)) - TABLE_FUNCTIONS)
        if refused:
            raise ToolError(f"{refused[0]}() is not allowed: name a table instead", reason="READ_ONLY")
        try:
            tables = frozenset(name for name in self._parser.get_table_names(statement) if name)
        except duckdb.Error as error:
            raise _unreadable(error) from error
        if _reads_catalog(tree, tables):
            raise ToolError(
                "only the tables of the folder can be read; list_tables tells which there are", reason="READ_ONLY"
            )
        return Select(statement, tables)

    def _only_statement(self, sql: str) -> str:
        try:
            statements = self._parser.extract_statements(sql)
        except duckdb.Error as error:
            raise _unreadable(error) from error
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise ToolError("write exactly one SELECT; tables can only be read", reason="READ_ONLY")
        return str(statements[0].query).strip().rstrip(";")

    def _tree(self, statement: str) -> Any:
        row = self._parser.execute("SELECT json_serialize_sql(?)", [statement]).fetchone()
        tree = json.loads(row[0]) if row else {"error": True}
        if tree.get("error"):
            raise ToolError(f"the SQL cannot be read: {tree.get('error_message', '')}", reason="BAD_SQL")
        return tree


def _unreadable(error: duckdb.Error) -> ToolError:
    return ToolError(f"the SQL cannot be read: {first_line(error)}", reason="BAD_SQL")


def _nodes(node: object) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from _nodes(value)
    elif isinstance(node, list):
        for value in node:
            yield from _nodes(value)


def _table_functions(tree: object) -> Iterator[str]:
    for node in _nodes(tree):
        if node.get("type") == "TABLE_FUNCTION":
            yield str((node.get("function") or {}).get("function_name", "")).lower()


def _reads_catalog(tree: object, tables: frozenset[str]) -> bool:
    """SHOW TABLES and information_schema would tell of a database that is empty but for the tables asked for."""
    for node in _nodes(tree):
        if node.get("type") == "SHOW_REF" and not tables:
            return True
        if node.get("type") == "BASE_TABLE" and (
            node.get("catalog_name") or node.get("schema_name") not in ("", "main", None)
        ):
            return True
    return False


def first_line(error: duckdb.Error) -> str:
    """DuckDB's message without its drawing of the place; the hint that follows is kept."""
    lines = [line for line in str(error).splitlines() if line.strip() and not line.startswith(("LINE", " "))]
    return " ".join(lines[:2])[:400]
