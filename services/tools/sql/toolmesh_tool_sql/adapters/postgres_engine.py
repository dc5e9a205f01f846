"""Statements over Postgres: each alone in a READ ONLY transaction of a connection of its own, within its timeout."""

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import RawCursor, errors
from psycopg.conninfo import conninfo_to_dict

from toolmesh_core.errors import ToolError
from toolmesh_tool_sql.adapters.answers import rows_answer
from toolmesh_tool_sql.adapters.postgres_schema import read_schema, table_names
from toolmesh_tool_sql.adapters.statement_limits import Parameter, StatementLimits, Target
from toolmesh_tool_sql.domain.near_names import near_names

Connection = psycopg.Connection[Any]
CONNECT_S = 5
_RELATION = re.compile(r'relation "([^"]+)" does not exist')
_POWERFUL = """
    SELECT rolsuper OR pg_has_role('pg_read_server_files', 'usage') OR pg_has_role('pg_write_server_files', 'usage')
        OR pg_has_role('pg_execute_server_program', 'usage')
    FROM pg_roles WHERE rolname = current_user
"""


class PostgresEngine:
    """One database; each statement has a connection of its own, so that nothing of it is left to the next."""

    def __init__(self, name: str, target: Target, limits: StatementLimits) -> None:
        self._name = name
        self._target = target
        self._limits = limits

    def query(self, statement: str, parameters: Sequence[Parameter]) -> dict[str, Any]:
        """The rows of one statement that reads; they come one by one, so that the first are enough."""
        with self._opened(read_only=True) as connection, connection.cursor() as cursor:
            rows = cursor.stream(_encoded(statement), list(parameters))
            answer = rows_answer(rows, self._limits)
            return {"columns": _columns(cursor), **answer}

    def execute(self, statement: str, parameters: Sequence[Parameter]) -> dict[str, Any]:
        """One statement that may write; it is committed as a whole or not at all."""
        with self._opened(read_only=False) as connection, connection.cursor() as cursor:
            # Prepared, since only that keeps it to one statement.
            cursor.execute(_encoded(statement), list(parameters), prepare=True)
            answer: dict[str, Any] = {"rows": [], "more_rows": False}
            if cursor.description:
                answer = rows_answer(cursor, self._limits)
            answer |= {"columns": _columns(cursor), "changed_rows": max(0, cursor.rowcount)}
            connection.commit()
        return answer

    def schema(self, wanted: Sequence[str]) -> dict[str, Any]:
        """Tables and views with their columns and keys."""
        with self._opened(read_only=True) as connection:
            return read_schema(connection, wanted, self._limits.max_tables)

    @contextmanager
    def _opened(self, *, read_only: bool) -> Iterator[Connection]:
        """A connection that is in a transaction already, so that a statement cannot make it READ WRITE."""
        connection = self._connect(read_only=read_only)
        try:
            connection.read_only = read_only
            self._check_role(connection)
            yield connection
        except psycopg.Error as error:
            raise self._refusal(connection, error) from error
        finally:
            # Not to wait for the end of what was cut off.
            connection.close()

    def _connect(self, *, read_only: bool) -> Connection:
        options = [str(conninfo_to_dict(self._target.where).get("options") or "")]
        options += [f"-c statement_timeout={int(self._limits.timeout_s * 1000)}"]
        options += ["-c lock_timeout=3000", "-c client_connection_check_interval=2000", "-c jit=off"]
        options += ["-c idle_in_transaction_session_timeout=30000"]
        options += [f"-c default_transaction_read_only={'on' if read_only else 'off'}"]
        try:
            return psycopg.connect(
                self._target.where,
                options=" ".join(options).strip(),
                connect_timeout=CONNECT_S,
                application_name="toolmesh",
                cursor_factory=RawCursor,
            )
        except psycopg.Error as error:
            # For the operator only: it may name hosts and users.
            sys.stderr.write(f"database {self._name!r} cannot be reached: {error}\n")
            raise ToolError(
                f"database {self._name!r} does not answer; try later, or ask the operator", reason="DATABASE_DOWN"
            ) from error

    def _check_role(self, connection: Connection) -> None:
        """A role that may touch the server's files could leave the database by functions and COPY."""
        row = connection.execute(_POWERFUL).fetchone()
        if (row is None or row[0]) and not self._target.allow_powerful_role:
            raise ToolError(
                f"database {self._name!r}: its role is a superuser or may touch files of the server; the operator must "
                "give it another role",
                reason="ROLE_TOO_POWERFUL",
            )

    def _refusal(self, connection: Connection, error: psycopg.Error) -> ToolError:
        message = _words(error)
        if isinstance(error, errors.QueryCanceled):
            return ToolError(
                f"the statement took over {self._limits.timeout_s:g} s and was stopped: ask for less", reason="TIMEOUT"
            )
        if isinstance(error, errors.ReadOnlySqlTransaction | errors.InsufficientPrivilege):
            return ToolError(f"this is not allowed here: {message}", reason="READ_ONLY")
        if "out of memory" in message:
            return ToolError("a row is too large: choose fewer columns or cut them", reason="OUT_OF_MEMORY")
        return ToolError(f"the statement failed: {message}{self._near(connection, message)}", reason="BAD_SQL")

    def _near(self, connection: Connection, message: str) -> str:
        unknown = _RELATION.search(message)
        if unknown is None or connection.closed:
            return ""
        connection.rollback()
        return f"; {near_names('tables', unknown[1], table_names(connection))}"


def _encoded(statement: str) -> bytes:
    """As bytes, which psycopg's types demand of a statement that is not written in the program."""
    return statement.encode()


def _columns(cursor: psycopg.Cursor[Any]) -> list[dict[str, str]]:
    return [{"name": column.name, "type": column.type_display} for column in cursor.description or []]


def _words(error: psycopg.Error) -> str:
    said = error.diag.message_primary or str(error).splitlines()[0] if str(error) else type(error).__name__
    hint = f" ({error.diag.message_hint})" if error.diag.message_hint else ""
    return f"{said}{hint}"[:400]
