"""Finds the tables in the folder: CSV files, sheets of XLSX files, tables of SQLite files."""

import sqlite3
import zipfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from toolmesh_core.errors import ToolError
from toolmesh_tool_data.adapters.table_limits import TableLimits
from toolmesh_tool_data.domain.names import find_table, plain_name

Kind = Literal["csv", "xlsx", "sqlite"]
_KINDS: dict[str, Kind] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".sqlite": "sqlite",
    ".sqlite3": "sqlite",
    ".db": "sqlite",
}
MAX_FILES = 200
MAX_ZIP_ENTRIES = 2000
ONLY_SHEET = "\0"
"""Stands for the one sheet of a workbook, whose table is named by the file alone."""


@dataclass(frozen=True, slots=True)
class TableSource:
    """Where a table comes from.

    Attributes:
        part: the sheet or SQLite table; empty for CSV.
    """

    name: str
    path: Path
    kind: Kind
    part: str = ""

    @property
    def label(self) -> str:
        """For people: "budget.xlsx, sheet Plan"."""
        if self.part in ("", ONLY_SHEET):
            return self.path.name
        return f"{self.path.name}, {'sheet' if self.kind == 'xlsx' else 'table'} {self.part}"


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of the folder by name, and the files that could not be read with the reason."""

    sources: dict[str, TableSource]
    unreadable: dict[str, str]

    def find(self, asked: str) -> TableSource:
        """The table that was meant.

        Raises:
            ToolError: UNKNOWN_TABLE, or UNREADABLE_FILE where its file is broken.
        """
        for file, reason in self.unreadable.items():
            if plain_name(file) == plain_name(asked):
                raise ToolError(f"{file} cannot be read: {reason}", reason="UNREADABLE_FILE")
        return self.sources[find_table(asked, list(self.sources))]


def find_tables(limits: TableLimits) -> Tables:
    """What lies in the folder itself; a link that leads out of it, a pipe and a hidden file do not count."""
    folder = Path(limits.folder).resolve()
    found = Tables({}, {})
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in _KINDS and not path.name.startswith("."))
    for path in files[:MAX_FILES]:
        real = path.resolve()
        if not real.is_file() or not real.is_relative_to(folder):
            found.unreadable[path.name] = "it is not a file within the folder"
            continue
        try:
            for part in _parts(real, limits):
                _add(found, real, part)
        except ToolError as error:
            found.unreadable[path.name] = error.message
    for path in files[MAX_FILES:]:
        found.unreadable[path.name] = f"the folder has more than {MAX_FILES} files"
    return found


def _add(found: Tables, path: Path, part: str) -> None:
    kind = _KINDS[path.suffix.lower()]
    stem = plain_name(path.stem)
    name = f"{stem}_{plain_name(part)}" if part and (kind == "sqlite" or part != ONLY_SHEET) else stem
    if name in found.sources:
        name = f"{name}_{path.suffix[1:].lower()}"
    found.sources[name] = TableSource(name, path, kind, part)


def _parts(path: Path, limits: TableLimits) -> list[str]:
    """The tables within a file.

    Raises:
        ToolError: UNREADABLE_FILE.
    """
    if path.stat().st_size > limits.max_file_mb * 2**20:
        raise _unreadable(f"it is over {limits.max_file_mb} MB")
    kind = _KINDS[path.suffix.lower()]
    if kind == "xlsx":
        names = sheet_names(path, limits)
        return [ONLY_SHEET] if len(names) == 1 else names
    return sqlite_tables(path) if kind == "sqlite" else [""]


def sheet_names(path: Path, limits: TableLimits) -> list[str]:
    """The sheets of a workbook, once it is known that it does not unpack to more than a file may have.

    Raises:
        ToolError: UNREADABLE_FILE.
    """
    from openpyxl import load_workbook

    check_unpacked_size(path, limits)
    try:
        with closing(load_workbook(path, read_only=True, data_only=True, keep_links=False)) as workbook:
            return [sheet.title for sheet in workbook.worksheets]
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        SyntaxError,
        zipfile.BadZipFile,
    ) as error:
        raise _unreadable(f"it is not a workbook: {error}") from error


def check_unpacked_size(path: Path, limits: TableLimits) -> None:
    """Refuses a zip bomb by the sizes it declares, which zipfile then holds it to.

    Raises:
        ToolError: UNREADABLE_FILE.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (OSError, zipfile.BadZipFile) as error:
        raise _unreadable(f"it is not a workbook: {error}") from error
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_ZIP_ENTRIES or unpacked > limits.max_file_mb * 2**20:
        raise _unreadable(f"it unpacks to {unpacked // 2**20} MB in {len(entries)} parts: over the limit")


def open_sqlite(path: Path) -> sqlite3.Connection:
    """A connection that can only read, and runs no function that the file's own schema names."""
    connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA query_only = ON")
    return connection


def sqlite_tables(path: Path) -> list[str]:
    """The tables of a SQLite file.

    Raises:
        ToolError: UNREADABLE_FILE.
    """
    try:
        with closing(open_sqlite(path)) as connection:
            listed = connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND substr(name, 1, 7) != 'sqlite_' ORDER BY name"
            )
            return [str(row[0]) for row in listed]
    except sqlite3.DatabaseError as error:
        raise _unreadable(f"it is not a SQLite database: {error}") from error


def _unreadable(reason: str) -> ToolError:
    return ToolError(reason, reason="UNREADABLE_FILE")
