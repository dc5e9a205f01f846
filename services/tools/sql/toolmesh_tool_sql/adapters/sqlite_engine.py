"""Statements over a SQLite file: read-only by its open mode, by query_only and by the authorizer."""

import re
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import quote

from toolmesh_core.errors import ToolError
from toolmesh_tool_sql.adapters.answers import TableFacts, rows_answer, schema_answer
from toolmesh_tool_sql.adapters.sqlite_rules import may_read, may_write
from toolmesh_tool_sql.adapters.statement_limits import Parameter, StatementLimits, Target
from toolmesh_tool_sql.domain.near_names import near_names

_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 16 * 2**20,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 100,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 300,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1000,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 1_000_000,
}
_STEPS = 10_000
_UNKNOWN = re.compile(r"no such (table|column): (\S+)")


class SqliteEngine:
    """One file; each statement has a connection of its own."""

    def __init__(self, target: Target, limits: StatementLimits) -> None:
        self._path = target.where
        self._limits = limits

    def query(self, statement: str, parameters: Sequence[Parameter]) -> dict[str, Any]:
        """The rows of one statement that reads."""
        with self._opened("ro") as connection:
            connection.execute("PRAGMA query_only = ON")
            connection.set_authorizer(may_read)
            cursor = connection.execute(statement, _bound(statement, parameters))
            columns = [{"name": item[0], "type": ""} for item in cursor.description or []]
            return {"columns": columns, **rows_answer(cursor, self._limits)}

    def execute(self, statement: str, parameters: Sequence[Parameter]) -> dict[str, Any]:
        """One statement that may write, in a transaction that is whole or not at all."""
        with self._opened("rw") as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.set_authorizer(may_write)
            cursor = connection.execute(statement, _bound(statement, parameters))
            columns = [{"name": item[0], "type": ""} for item in cursor.description or []]
            answer = rows_answer(cursor, self._limits)
            # What a RETURNING has not given yet is not done yet.
            for _ in cursor:
                pass
            changed = cursor.rowcount
            connection.set_authorizer(None)
            connection.execute("COMMIT")
        return {"changed_rows": max(0, changed), "columns": columns, **answer}

    def schema(self, wanted: Sequence[str]) -> dict[str, Any]:
        """Tables and views with their columns and keys."""
        with self._opened("ro") as connection:
            listed = connection.execute(
                "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') "
                "AND substr(name, 1, 7) != 'sqlite_' ORDER BY type, name"
            ).fetchall()
            chosen = [row for row in listed if not wanted or row[0].lower() in wanted]
            if wanted and not chosen:
                names = [row[0] for row in listed]
                raise ToolError(
                    f"there is no table {wanted[0]!r}; {near_names('tables', wanted[0], names)}", reason="UNKNOWN_TABLE"
                )
            shown = chosen[: self._limits.max_tables]
            facts = [_facts(connection, name, kind) for name, kind in shown]
        return schema_answer(facts, [row[0] for row in chosen[len(shown) :]])

    @contextmanager
    def _opened(self, mode: str) -> Iterator[sqlite3.Connection]:
        try:
            with closing(self._connect(mode)) as connection:
                yield connection
        except sqlite3.Warning as error:
            raise ToolError(f"one statement at a time: {error}", reason="BAD_SQL") from error
        except sqlite3.Error as error:
            raise self._refusal(error) from error

    def _connect(self, mode: str) -> sqlite3.Connection:
        ends_at = time.monotonic() + self._limits.timeout_s
        # Autocommit, so that Python begins no transactions of its own.
        connection = sqlite3.connect(
            f"file:{quote(self._path)}?mode={mode}",
            uri=True,
            isolation_level=None,
            timeout=self._limits.timeout_s / 2,
            cached_statements=0,
        )
        for category, limit in _LIMITS.items():
            connection.setlimit(category, limit)
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        connection.set_progress_handler(lambda: time.monotonic() > ends_at, _STEPS)
        connection.execute("PRAGMA trusted_schema = OFF")
        # Sorts that do not fit are refused, not spilled to the disk.
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute(f"PRAGMA hard_heap_limit = {self._limits.memory_mb * 2**19}")
        return connection

    def _refusal(self, error: sqlite3.Error) -> ToolError:
        message = str(error)
        if "interrupted" in message:
            return ToolError(
                f"the statement took over {self._limits.timeout_s:g} s and was stopped: ask for less", reason="TIMEOUT"
            )
        if "not authorized" in message or "prohibited" in message or "readonly" in message:
            return ToolError(f"this is not allowed here: {message}; only reading is", reason="READ_ONLY")
        if "out of memory" in message or "too big" in message:
            return ToolError(f"this needs too much memory ({message}): ask for less", reason="OUT_OF_MEMORY")
        return ToolError(f"the statement failed: {message[:400]}{self._near(message)}", reason="BAD_SQL")

    def _near(self, message: str) -> str:
        unknown = _UNKNOWN.search(message)
        if unknown is None:
            return ""
        with closing(self._connect("ro")) as connection:
            if unknown[1] == "table":
                names = connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
            else:
                names = connection.execute(
                    "SELECT c.name FROM sqlite_master AS t, pragma_table_xinfo(t.name) AS c WHERE t.type != 'index'"
                )
            listed = [str(row[0]) for row in names.fetchmany(2000)]
        return f"; {near_names(f'{unknown[1]}s', unknown[2].rpartition('.')[2], listed)}"


def _bound(statement: str, parameters: Sequence[Parameter]) -> Any:
    """`$1` is a name to SQLite, `?` a place."""
    if parameters and re.search(r"\$\d", statement):
        return {str(number): value for number, value in enumerate(parameters, 1)}
    return tuple(parameters)


def _facts(connection: sqlite3.Connection, name: str, kind: str) -> TableFacts:
    facts = TableFacts(table=name, kind=kind)
    for column, declared, needed, key in connection.execute(
        'SELECT name, type, "notnull", pk FROM pragma_table_xinfo(?) WHERE hidden != 1', (name,)
    ):
        facts.columns[column] = f"{declared or 'any'}{' not null' if needed else ''}"
        if key:
            facts.primary_key.append(column)
    for table, here, there in connection.execute(
        'SELECT "table", "from", "to" FROM pragma_foreign_key_list(?)', (name,)
    ):
        facts.foreign_keys.append(f"{here} -> {table}.{there}" if there else f"{here} -> {table}")
    facts.rows_estimate = _rows_estimate(connection, name) if kind == "table" else None
    return facts


def _rows_estimate(connection: sqlite3.Connection, name: str) -> int | None:
    """The largest row id, which is found without counting; tables without row ids have none."""
    quoted = name.replace('"', '""')
    try:
        found = connection.execute(f'SELECT max(rowid) FROM "{quoted}"').fetchone()  # noqa: S608 - the file's own name
    except sqlite3.OperationalError:
        return None
    return found[0] or 0 if isinstance(found[0], int | None) else None
