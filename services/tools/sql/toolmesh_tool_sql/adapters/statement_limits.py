"""What a worker is told: where a database is, and the bounds of one statement."""

from dataclasses import dataclass, field
from typing import Literal

Parameter = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Target:
    """A database that may be asked.

    Attributes:
        where: a path, or a DSN with its password.
        allow_powerful_role: see DatabaseEntry.
    """

    kind: Literal["sqlite", "postgres"]
    where: str = field(repr=False)
    about: str = ""
    allow_writes: bool = False
    allow_powerful_role: bool = False


@dataclass(frozen=True, slots=True)
class StatementLimits:
    """The bounds of one statement and its answer."""

    timeout_s: float = 10.0
    memory_mb: int = 256
    max_rows: int = 100
    max_cell_chars: int = 1000
    max_result_chars: int = 12_000
    max_tables: int = 40
