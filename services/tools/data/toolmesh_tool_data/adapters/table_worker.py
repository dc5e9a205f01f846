"""The table process: answers questions over tables and sheets, and writes sheets."""

from pathlib import Path
from typing import Any

from toolmesh_core.workers.worker_process import Methods, limit_address_space, limit_written_files, serve_worker
from toolmesh_tool_data.adapters.sheet_reader import SheetReader
from toolmesh_tool_data.adapters.sheet_writer import SheetWriter
from toolmesh_tool_data.adapters.table_conversion import Conversions
from toolmesh_tool_data.adapters.table_engine import TableEngine
from toolmesh_tool_data.adapters.table_limits import TableLimits


def begin(settings: dict[str, Any], folder: Path) -> Methods:
    """What a table process answers, under its limits."""
    limits = TableLimits(**settings)
    limit_address_space(limits.memory_mb + limits.extra_memory_mb)
    limit_written_files(2 * limits.max_file_mb)
    engine = TableEngine(limits, Conversions(folder, limits))
    return {
        "list_tables": engine.list_tables,
        "describe": engine.describe,
        "query": engine.query,
        "summarize": engine.summarize,
        "find_rows": engine.find_rows,
        "read_sheet": SheetReader(limits).read,
        "write_sheet": SheetWriter(limits).write,
    }


if __name__ == "__main__":
    serve_worker(begin)
