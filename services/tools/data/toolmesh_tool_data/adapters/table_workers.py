"""The table processes: a pool whose workers answer with DuckDB and openpyxl."""

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from toolmesh_core.workers.worker_pool import WorkerKind, WorkerPool, worker_pool
from toolmesh_tool_data.adapters.table_limits import TableLimits

TableWorkers = WorkerPool


@asynccontextmanager
async def table_workers(
    limits: TableLimits, data_dir: Path, count: int = 2, idle_s: float = 60.0
) -> AsyncIterator[TableWorkers]:
    """Workers for the life of the service, which convert files under `data_dir`."""
    kind = WorkerKind(
        module="toolmesh_tool_data.adapters.table_worker",
        name="table process",
        settings=dataclasses.asdict(limits),
        timeout_s=limits.timeout_s,
    )
    async with worker_pool(kind, data_dir / "scratch", count, idle_s) as pool:
        yield pool
