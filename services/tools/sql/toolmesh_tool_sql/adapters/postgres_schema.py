"""Tables of a Postgres database from its catalogue: those that the role may read."""

from collections.abc import Sequence
from typing import Any

import psycopg

from toolmesh_core.errors import ToolError
from toolmesh_tool_sql.adapters.answers import TableFacts, schema_answer
from toolmesh_tool_sql.domain.near_names import near_names

Connection = psycopg.Connection[Any]
_KINDS = {"r": "table", "p": "table", "v": "view", "m": "view", "f": "table"}
_NAME = "CASE WHEN pg_table_is_visible(c.oid) THEN c.relname ELSE n.nspname || '.' || c.relname END"
_FROM = """
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
      AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg_t%'
      AND has_schema_privilege(n.oid, 'usage') AND has_table_privilege(c.oid, 'select')
"""
_TABLES = (
    f"SELECT c.oid, {_NAME}, c.relkind, c.reltuples, left(obj_description(c.oid, 'pg_class'), 200) {_FROM} ORDER BY 2"
)
_NAMES = f"SELECT {_NAME} {_FROM} ORDER BY 1 LIMIT 1000"
_COLUMNS = """
    SELECT attrelid, attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute
    WHERE attrelid = ANY($1) AND attnum > 0 AND NOT attisdropped ORDER BY attrelid, attnum
"""
_KEYS = """
    SELECT conrelid, contype, pg_get_constraintdef(oid), ARRAY(
        SELECT attname FROM unnest(conkey) WITH ORDINALITY AS k(number, place)
        JOIN pg_attribute ON attrelid = conrelid AND attnum = k.number ORDER BY k.place)::text[]
    FROM pg_constraint WHERE conrelid = ANY($1) AND contype IN ('p', 'f') ORDER BY conname
"""


def table_names(connection: Connection) -> list[str]:
    """The names of what can be read."""
    return [str(row[0]) for row in connection.execute(_NAMES).fetchall()]


def read_schema(connection: Connection, wanted: Sequence[str], max_tables: int) -> dict[str, Any]:
    """Tables with columns and keys; all, or those of these names in lower case.

    Raises:
        ToolError: UNKNOWN_TABLE.
    """
    listed = connection.execute(_TABLES).fetchall()
    chosen = [row for row in listed if not wanted or row[1].lower() in wanted]
    if wanted and not chosen:
        names = [row[1] for row in listed]
        raise ToolError(
            f"there is no table {wanted[0]!r}; {near_names('tables', wanted[0], names)}", reason="UNKNOWN_TABLE"
        )
    shown = {row[0]: _facts(*row[1:]) for row in chosen[:max_tables]}
    _add_columns(connection, shown)
    return schema_answer(list(shown.values()), [row[1] for row in chosen[max_tables:]])


def _facts(name: str, kind: Any, rows: float, about: str | None) -> TableFacts:
    """The catalogue says -1 rows of what was never counted."""
    letter = kind.decode() if isinstance(kind, bytes) else str(kind)
    return TableFacts(
        table=name, kind=_KINDS[letter], about=about or "", rows_estimate=int(rows) if rows >= 0 else None
    )


def _add_columns(connection: Connection, tables: dict[int, TableFacts]) -> None:
    ids = [list(tables)]
    for table, column, kind, needed in connection.execute(_COLUMNS, ids):
        tables[table].columns[column] = f"{kind}{' not null' if needed else ''}"
    for table, kind, definition, columns in connection.execute(_KEYS, ids):
        if kind in ("p", b"p"):
            tables[table].primary_key = list(columns)
        else:
            tables[table].foreign_keys.append(definition.removeprefix("FOREIGN KEY ")[:200])
