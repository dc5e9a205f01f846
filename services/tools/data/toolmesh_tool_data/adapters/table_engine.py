"""Answers questions over tables with DuckDB, which can read the tables asked for and nothing else."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb

from toolmesh_core.errors import ToolError
from toolmesh_tool_data.adapters.select_checker import FEW_THREADS, SelectChecker, first_line
from toolmesh_tool_data.adapters.table_conversion import NULL, Conversions
from toolmesh_tool_data.adapters.table_files import TableSource, find_tables
from toolmesh_tool_data.adapters.table_limits import TableLimits
from toolmesh_tool_data.adapters.watchdog import Watchdog
from toolmesh_tool_data.domain import summary_query
from toolmesh_tool_data.domain.conditions import parse_conditions
from toolmesh_tool_data.domain.summary_query import OPERATIONS, Operation, Query, TableShape, plain_type, quoted

Answer = dict[str, Any]

MAX_CELL_CHARS = 500
MAX_LISTED = 60


class TableEngine:
    """A question opens a database in memory, with views of the tables it names, and closes it."""

    def __init__(self, limits: TableLimits, conversions: Conversions) -> None:
        self._limits = limits
        self._conversions = conversions
        self._checker = SelectChecker()
        self._watchdog = Watchdog(limits.timeout_s)

    def list_tables(self) -> Answer:
        """Every table with its columns, types and count of rows, and the files that cannot be read."""
        found = find_tables(self._limits)
        problems = dict(found.unreadable)
        tables = []
        for source in list(found.sources.values())[:MAX_LISTED]:
            try:
                with self._opened([source]) as connection:
                    tables.append(self._outline(connection, source))
            except ToolError as error:
                problems[source.label] = error.message
        return {"tables": tables, "table_count": len(found.sources), "unreadable_files": problems}

    def describe(self, table: str) -> Answer:
        """One table's outline with its first rows."""
        source = find_tables(self._limits).find(table)
        with self._opened([source]) as connection:
            outline = self._outline(connection, source)
            sample = self._run(connection, Query(f"SELECT * FROM {quoted(source.name)}"), 3)  # noqa: S608
        return {**outline, "first_rows": sample["rows"]}

    def query(self, sql: str) -> Answer:
        """The rows of one SELECT."""
        found = find_tables(self._limits)
        select = self._checker.check(sql)
        sources = {name: found.find(name) for name in select.tables}
        with self._opened(list(sources.values())) as connection:
            for name, source in sources.items():
                if name.lower() != source.name:
                    connection.execute(f"CREATE VIEW {quoted(name)} AS FROM {quoted(source.name)}")
            return self._run(connection, Query(select.sql), self._limits.max_result_rows)

    def summarize(self, table: str, column: str, operation: str, where: str, group_by: str) -> Answer:
        """One operation over a column."""
        chosen: Operation = next((known for known in OPERATIONS if known == operation), "count")
        with self._shaped(table) as (connection, shape):
            query = summary_query.summary(shape, column, chosen, parse_conditions(where), group_by)
            answer = self._run(connection, query, self._limits.max_result_rows)
        about = {"table": shape.name, "column": column, "operation": operation}
        if not group_by and chosen != "list_values":
            return {**about, "result": answer["rows"][0]["result"], "rows_counted": answer["rows"][0]["rows"]}
        return {**about, "group_by": group_by, "results": answer["rows"], "truncated": answer["truncated"]}

    def find_rows(
        self, table: str, where: str, columns: Sequence[str], sort_by: str, descending: bool, limit: int
    ) -> Answer:
        """The rows that fit, and how many there are in all."""
        with self._shaped(table) as (connection, shape):
            conditions = parse_conditions(where)
            query = summary_query.rows(shape, columns, conditions, sort_by, descending=descending)
            counted = summary_query.summary(shape, "*", "count", conditions, "")
            matching = self._run(connection, counted, 1)["rows"][0]["result"]
            answer = self._run(connection, query, min(limit, self._limits.max_result_rows))
        return {"table": shape.name, "matching_rows": matching, **answer}

    @contextmanager
    def _shaped(self, table: str) -> Iterator[tuple[duckdb.DuckDBPyConnection, TableShape]]:
        source = find_tables(self._limits).find(table)
        with self._opened([source]) as connection:
            yield connection, TableShape(source.name, _types(connection, source.name))

    def _outline(self, connection: duckdb.DuckDBPyConnection, source: TableSource) -> Answer:
        count = connection.execute(f"SELECT count(*) FROM {quoted(source.name)}").fetchone()  # noqa: S608
        types = {name: plain_type(kind) for name, kind in _types(connection, source.name).items()}
        return {"table": source.name, "file": source.label, "rows": count[0] if count else 0, "columns": types}

    @contextmanager
    def _opened(self, sources: Sequence[TableSource]) -> Iterator[duckdb.DuckDBPyConnection]:
        """A locked database with views of these tables; what runs longer than the limit is interrupted."""
        files = {source: self._conversions.csv_of(source) for source in sources}
        connection = duckdb.connect(":memory:", config=FEW_THREADS)
        self._watchdog.watch(connection.interrupt)
        try:
            _lock(connection, [str(file.path) for file in files.values()], self._limits)
            for source, file in files.items():
                connection.execute(f"CREATE VIEW {quoted(source.name)} AS {_reader(str(file.path), file.types)}")
            yield connection
        except duckdb.Error as error:
            raise refusal(error, self._limits) from error
        finally:
            self._watchdog.rest()
            connection.close()

    def _run(self, connection: duckdb.DuckDBPyConnection, query: Query, limit: int) -> Answer:
        """At most `limit` rows as objects; one more is fetched to know whether there are."""
        cursor = connection.execute(f"SELECT * FROM ({query.sql}\n) LIMIT {limit + 1}", list(query.parameters))  # noqa: S608
        names = [column[0] for column in cursor.description or []]
        fetched = cursor.fetchall()
        rows, spent = [], 0
        for row in fetched[:limit]:
            shown = {name: cell_value(cell) for name, cell in zip(names, row, strict=True)}
            spent += sum(len(str(cell)) for cell in shown.values())
            if spent > self._limits.max_result_chars:
                break
            rows.append(shown)
        return {"rows": rows, "row_count": len(rows), "truncated": len(rows) < len(fetched)}


def _lock(connection: duckdb.DuckDBPyConnection, paths: Sequence[str], limits: TableLimits) -> None:
    """No file but these, no extension, no setting that could be changed back."""
    allowed = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
    for setting in (
        "python_enable_replacements = false",
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        "allow_community_extensions = false",
        "allow_persistent_secrets = false",
        "temp_directory = ''",
        f"memory_limit = '{limits.memory_mb}MB'",
        f"allowed_paths = [{allowed}]",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"SET {setting}")


def _reader(path: str, types: Mapping[str, str]) -> str:
    file = "'" + path.replace("'", "''") + "'"
    if not types:
        return f"SELECT * FROM read_csv({file})"  # noqa: S608 - a path of ours, quoted
    columns = ", ".join(f"{_literal(name)}: '{kind}'" for name, kind in types.items())
    return (
        f"SELECT * FROM read_csv({file}, header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', "  # noqa: S608
        f"nullstr = '{NULL}', columns = {{{columns}}})"
    )


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _types(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    return {row[0]: row[1] for row in connection.execute(f"DESCRIBE {quoted(table)}").fetchall()}


def refusal(error: duckdb.Error, limits: TableLimits) -> ToolError:
    """DuckDB's error as the tool's own no."""
    if isinstance(error, duckdb.InterruptException):
        return ToolError(f"the query took over {limits.timeout_s:g} s: ask for less", reason="TIMEOUT")
    if isinstance(error, duckdb.OutOfMemoryException):
        return ToolError(f"the query needs over {limits.memory_mb} MB of memory: ask for less", reason="OUT_OF_MEMORY")
    return ToolError(f"the query failed: {first_line(error)}", reason="BAD_SQL")


def _plain_number(value: float) -> float | int | str:
    """5944 rather than 5944.0; "inf" and "nan" as text, which JSON lacks."""
    if not math.isfinite(value):
        return str(value)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def cell_value(cell: object) -> object:
    """A value JSON can carry, with decimals as numbers where a float shows the same digits."""
    if cell is None or isinstance(cell, bool | int):
        return cell
    if isinstance(cell, float):
        return _plain_number(cell)
    if isinstance(cell, Decimal):
        as_float = float(cell)
        return _plain_number(as_float) if Decimal(repr(as_float)) == cell else str(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    text = cell.isoformat() if isinstance(cell, date) else str(cell)
    return text if len(text) <= MAX_CELL_CHARS else text[:MAX_CELL_CHARS] + "…"
