"""Opens what the data tools share: table processes, notes, weather, the retriever."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from toolmesh_core.channel import TlsFiles
from toolmesh_core.clock import Clock, SystemClock
from toolmesh_core.sqlite_database import SqliteDatabase
from toolmesh_core.workers.worker_pool import WorkerKind, WorkerPool, worker_pool
from toolmesh_tool_data.adapters.document_search import DocumentSearch
from toolmesh_tool_data.adapters.note_store import MIGRATIONS, NoteStore
from toolmesh_tool_data.adapters.table_limits import TableLimits
from toolmesh_tool_data.adapters.table_workers import TableWorkers, table_workers
from toolmesh_tool_data.adapters.weather_file import WeatherFile
from toolmesh_tool_data.settings import DataSettings

SAMPLE_TABLES = Path(__file__).parent / "sample" / "tables"


@dataclass(frozen=True, slots=True)
class Desk:
    """What the tools find in their context."""

    tables: TableWorkers
    charts: WorkerPool
    notes: NoteStore
    weather: WeatherFile
    documents: DocumentSearch
    clock: Clock
    zone: ZoneInfo
    max_note_chars: int

    def now(self) -> datetime:
        """The time at home."""
        return self.clock.now().astimezone(self.zone)

    def today(self) -> date:
        """The date at home."""
        return self.now().date()


def table_limits(settings: DataSettings) -> TableLimits:
    """The bounds of a table process."""
    return TableLimits(
        folder=str(settings.tables_dir or SAMPLE_TABLES),
        writable=settings.tables_dir is not None,
        timeout_s=settings.table_timeout_s,
        memory_mb=settings.table_memory_mb,
        extra_memory_mb=settings.table_extra_memory_mb,
        max_file_mb=settings.max_table_file_mb,
        max_table_rows=settings.max_table_rows,
        max_result_rows=settings.max_result_rows,
        max_result_chars=settings.max_result_chars,
    )


def chart_process(settings: DataSettings) -> WorkerKind:
    """What draws charts."""
    return WorkerKind(
        module="toolmesh_tool_data.adapters.chart_worker",
        name="chart process",
        settings={"memory_mb": settings.chart_memory_mb, "max_png_bytes": settings.max_chart_bytes},
        timeout_s=settings.chart_timeout_s,
    )


@asynccontextmanager
async def open_desk(settings: DataSettings) -> AsyncIterator[Desk]:
    """The desk for the life of the process."""
    tls = (
        TlsFiles(settings.tls_ca_file, settings.tls_cert_file, settings.tls_key_file) if settings.tls_ca_file else None
    )
    documents = DocumentSearch(settings.retriever_address, tls)
    workers = table_workers(
        table_limits(settings), settings.data_dir, settings.table_workers, settings.table_worker_idle_s
    )
    charts_scratch = settings.data_dir / "charts"
    try:
        async with (
            SqliteDatabase.open(settings.data_dir / "notes.db", MIGRATIONS) as database,
            workers as tables,
            worker_pool(chart_process(settings), charts_scratch, 1, settings.table_worker_idle_s) as charts,
        ):
            yield Desk(
                tables=tables,
                charts=charts,
                notes=NoteStore(database, max_per_user=settings.max_notes_per_user),
                weather=WeatherFile(settings.weather_file, settings.data_dir),
                documents=documents,
                clock=SystemClock(),
                zone=ZoneInfo(settings.time_zone),
                max_note_chars=settings.max_note_chars,
            )
    finally:
        await documents.close()
