"""Table processes over a folder of a test's own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from toolmesh_tool_data.adapters.table_limits import TableLimits
from toolmesh_tool_data.adapters.table_workers import TableWorkers, table_workers


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of tables, with one in it."""
    made = tmp_path / "tables"
    made.mkdir()
    (made / "sales.csv").write_text(
        "day,region,amount\n2024-01-05,North,118.5\n2024-02-09,South,298\n2024-03-17,North,80\n2024-03-20,East,\n"
    )
    return made


@pytest_asyncio.fixture
async def workers(folder: Path, tmp_path: Path) -> AsyncIterator[TableWorkers]:
    limits = TableLimits(
        folder=str(folder),
        timeout_s=2.0,
        max_file_mb=20,
        max_table_rows=5000,
        max_result_rows=20,
        max_result_chars=4000,
    )
    async with table_workers(limits, tmp_path / "data") as started:
        yield started
