"""Settings of the data tools, read from TOOLMESH_TOOL_DATA_*."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from toolmesh_core.settings import service_config
from toolmesh_toolkit import ToolSettings


class DataSettings(ToolSettings):
    """What the data tools can be told."""

    model_config = service_config("TOOL_DATA")

    tables_dir: Path | None = Field(
        None, description="Folder of CSV, XLSX and SQLite files; unset takes a small sample."
    )
    table_timeout_s: float = Field(
        10.0, gt=0, le=300, description="Seconds for one question over tables; a query is killed then."
    )
    table_workers: int = Field(
        2, ge=1, le=16, description="Processes that answer questions over tables at a time; started when needed."
    )
    table_worker_idle_s: float = Field(
        60.0, gt=0, description="Seconds after which an idle table process ends, to give its memory back."
    )
    table_memory_mb: int = Field(256, ge=64, description="Megabytes that DuckDB may hold in one table process.")
    table_extra_memory_mb: int = Field(
        512, ge=128, description="Megabytes for Python and the parsers beside it, in one table process."
    )
    max_table_file_mb: int = Field(
        200, gt=0, description="Megabytes; larger files are refused, also after unpacking an XLSX."
    )
    max_table_rows: int = Field(
        500_000, gt=0, description="Rows read of one sheet or SQLite table; larger ones are refused."
    )
    max_result_rows: int = Field(50, gt=0, le=1000, description="Rows in one answer; an LLM reads no more.")
    max_result_chars: int = Field(12_000, ge=1000, description="Characters of the values in one answer.")
    chart_timeout_s: float = Field(
        20.0, gt=0, le=60, description="Seconds for one chart; the first one takes some for starting its process."
    )
    chart_memory_mb: int = Field(1024, ge=700, description="Megabytes of data that the chart process may hold.")
    max_chart_bytes: int = Field(1_500_000, gt=0, le=1_900_000, description="Bytes of one chart's picture.")
    weather_file: Path | None = Field(
        None, description="JSON or CSV of forecasts; unset: weather.json or .csv of data_dir, else a made-up sample."
    )
    time_zone: str = Field("UTC", description="IANA zone in which 'today' and 'tomorrow' of a forecast are meant.")
    retriever_address: str = Field("", description="gRPC address of the retriever; empty turns search_documents off.")
    max_note_chars: int = Field(8000, gt=0, description="Characters of one note.")
    max_notes_per_user: int = Field(5000, gt=0, description="Notes one user may keep; search reads all of them.")

    @model_validator(mode="after")
    def _folder_exists(self) -> Self:
        if self.tables_dir is not None and not self.tables_dir.is_dir():
            raise ValueError(f"TABLES_DIR must be an existing folder, got {str(self.tables_dir)!r}")
        return self
