"""Settings of the SQL tools, read from TOOLMESH_TOOL_SQL_*."""

from pathlib import Path

from pydantic import Field

from toolmesh_core.settings import service_config
from toolmesh_toolkit import ToolSettings


class SqlSettings(ToolSettings):
    """What the SQL tools can be told."""

    model_config = service_config("TOOL_SQL")

    databases_file: Path | None = Field(
        None, description="YAML file that names the databases; unset: no database, and no tool is offered."
    )
    statement_timeout_s: float = Field(
        10.0, gt=0, le=100, description="Seconds for one statement; it is stopped then, by the database where it can."
    )
    workers: int = Field(2, ge=1, le=16, description="Processes that run statements at a time; started when needed.")
    worker_idle_s: float = Field(60.0, gt=0, description="Seconds after which an idle process ends.")
    worker_memory_mb: int = Field(
        256, ge=128, description="Megabytes one process may hold beyond its start; larger rows and sorts are refused."
    )
    max_rows: int = Field(100, gt=0, le=1000, description="Rows in one answer; it says whether there are more.")
    max_cell_chars: int = Field(1000, ge=50, description="Characters of one value; the rest is cut and counted.")
    max_result_chars: int = Field(12_000, ge=1000, description="Characters of all values in one answer.")
    max_tables: int = Field(40, gt=0, description="Tables of a database shown with columns; others by name.")
