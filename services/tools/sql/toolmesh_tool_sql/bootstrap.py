"""Opens what the SQL tools share: the databases by name, and the processes that run statements."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from toolmesh_core.errors import InvalidInput, ToolError
from toolmesh_core.workers.worker_pool import WorkerKind, WorkerPool, worker_pool
from toolmesh_tool_sql.adapters.databases_file import read_databases
from toolmesh_tool_sql.adapters.statement_limits import StatementLimits, Target
from toolmesh_tool_sql.domain.near_names import near_names
from toolmesh_tool_sql.settings import SqlSettings
from toolmesh_toolkit import ToolsUnavailable


@dataclass(frozen=True, slots=True)
class Desk:
    """What the tools find in their context."""

    databases: Mapping[str, Target]
    workers: WorkerPool

    def find(self, asked: str) -> str:
        """The name of the database that was meant; the only one where none is named.

        Raises:
            ToolError: UNKNOWN_DATABASE, with the databases there are.
        """
        if not asked and len(self.databases) == 1:
            return next(iter(self.databases))
        for name in self.databases:
            if name.lower() == asked.strip().lower():
                return name
        raise ToolError(
            f"there is no database {asked[:60]!r}; {near_names('databases', asked, self.databases)}",
            reason="UNKNOWN_DATABASE",
        )


def statement_limits(settings: SqlSettings) -> StatementLimits:
    """The bounds of one statement."""
    return StatementLimits(
        timeout_s=settings.statement_timeout_s,
        memory_mb=settings.worker_memory_mb,
        max_rows=settings.max_rows,
        max_cell_chars=settings.max_cell_chars,
        max_result_chars=settings.max_result_chars,
        max_tables=settings.max_tables,
    )


def sql_process(databases: Mapping[str, Target], limits: StatementLimits) -> WorkerKind:
    """What runs statements; DSNs travel to it by its first line, which nobody else sees."""
    targets = {name: dataclasses.asdict(target) for name, target in databases.items()}
    return WorkerKind(
        module="toolmesh_tool_sql.adapters.sql_worker",
        name="SQL process",
        settings={"targets": targets, "limits": dataclasses.asdict(limits)},
        timeout_s=limits.timeout_s,
    )


@asynccontextmanager
async def open_desk(settings: SqlSettings) -> AsyncIterator[Desk]:
    """The desk for the life of the process.

    Raises:
        ToolsUnavailable: no database is named, or the file is not right; says why.
    """
    if settings.databases_file is None:
        raise ToolsUnavailable("no database is named: set TOOLMESH_TOOL_SQL_DATABASES_FILE")
    try:
        databases = await asyncio.to_thread(read_databases, settings.databases_file)
    except InvalidInput as error:
        raise ToolsUnavailable(error.message) from error
    if not databases:
        raise ToolsUnavailable(f"{settings.databases_file.name} names no database")
    kind = sql_process(databases, statement_limits(settings))
    async with worker_pool(kind, settings.data_dir / "scratch", settings.workers, settings.worker_idle_s) as workers:
        yield Desk(databases, workers)
