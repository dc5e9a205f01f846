"""The bounds of one table process."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TableLimits:
    """What a table process may read, hold and answer.

    Attributes:
        folder: the only folder that files are read from.
        writable: new sheets may be written there.
        extra_memory_mb: for Python and the parsers, beside DuckDB's memory_mb.
    """

    folder: str
    writable: bool = False
    timeout_s: float = 10.0
    memory_mb: int = 256
    extra_memory_mb: int = 512
    max_file_mb: int = 200
    max_table_rows: int = 500_000
    max_result_rows: int = 50
    max_result_chars: int = 12_000
