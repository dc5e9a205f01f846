"""The process that runs statements: a row that is too large, or a database that hangs, ends it and nothing else."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from toolmesh_core.workers.worker_process import Methods, limit_address_space, limit_written_files, serve_worker
from toolmesh_tool_sql.adapters.statement_limits import Parameter, StatementLimits, Target

# SQLite's own files may be of any size; it writes no temporary ones.
_MOST_FILE_MB = 2**20


class Engine(Protocol):
    """A database under its rules."""

    def query(self, statement: str, parameters: Sequence[Parameter]) -> dict[str, Any]:
        """The rows of one statement that reads."""
        ...

    def execute(self, statement: str, parameters: Sequence[Parameter]) -> dict[str, Any]:
        """One statement that may write."""
        ...

    def schema(self, wanted: Sequence[str]) -> dict[str, Any]:
        """Tables with columns and keys."""
        ...


class Databases:
    """The databases by name."""

    def __init__(self, targets: dict[str, Target], limits: StatementLimits) -> None:
        self._targets = targets
        self._limits = limits

    def query(self, database: str, statement: str, parameters: Sequence[Parameter]) -> dict[str, Any]:
        """The rows of one statement that reads."""
        return self._engine(database).query(statement, parameters)

    def execute(self, database: str, statement: str, parameters: Sequence[Parameter]) -> dict[str, Any]:
        """One statement that may write."""
        return self._engine(database).execute(statement, parameters)

    def schema(self, database: str, wanted: Sequence[str]) -> dict[str, Any]:
        """Tables with columns and keys."""
        return self._engine(database).schema(wanted)

    def _engine(self, database: str) -> Engine:
        target = self._targets[database]
        if target.kind == "sqlite":
            from toolmesh_tool_sql.adapters.sqlite_engine import SqliteEngine

            return SqliteEngine(target, self._limits)
        from toolmesh_tool_sql.adapters.postgres_engine import PostgresEngine

        return PostgresEngine(database, target, self._limits)


def begin(settings: dict[str, Any], folder: Path) -> Methods:
    """What the process answers, under its limits."""
    limits = StatementLimits(**settings["limits"])
    limit_address_space(limits.memory_mb)
    limit_written_files(_MOST_FILE_MB)
    databases = Databases({name: Target(**target) for name, target in settings["targets"].items()}, limits)
    return {"query": databases.query, "execute": databases.execute, "schema": databases.schema}


if __name__ == "__main__":
    serve_worker(begin)
