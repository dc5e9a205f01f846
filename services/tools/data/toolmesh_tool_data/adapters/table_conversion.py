"""Makes CSV of what DuckDB cannot read without an extension: XLSX sheets, SQLite tables, text that is not UTF-8."""

import csv
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path

from toolmesh_core.errors import ToolError
from toolmesh_tool_data.adapters.table_files import ONLY_SHEET, TableSource, check_unpacked_size, open_sqlite
from toolmesh_tool_data.adapters.table_limits import TableLimits
from toolmesh_tool_data.domain.names import unique_names

NULL = "\\N"
MAX_COLUMNS = 500
MAX_BIGINT = 2**63 - 1
_CHUNK = 1 << 20

Cell = object


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A CSV file DuckDB can read.

    Attributes:
        types: DuckDB types by column; empty lets DuckDB find out.
    """

    path: Path
    types: dict[str, str] = field(default_factory=dict)


class Conversions:
    """Converted files in a private folder, made again when their source changes."""

    def __init__(self, folder: Path, limits: TableLimits) -> None:
        self._folder = folder
        self._limits = limits
        self._made: dict[tuple[Path, str], tuple[tuple[int, int], CsvFile]] = {}

    def csv_of(self, source: TableSource) -> CsvFile:
        """The source as CSV: itself where it is UTF-8 already.

        Raises:
            ToolError: UNREADABLE_FILE.
        """
        status = source.path.stat()
        stamp, key = (status.st_mtime_ns, status.st_size), (source.path, source.part)
        if key not in self._made or self._made[key][0] != stamp:
            target = self._folder / f"{len(self._made)}-{status.st_mtime_ns}.csv"
            self._made[key] = (stamp, self._convert(source, target))
        return self._made[key][1]

    def _convert(self, source: TableSource, target: Path) -> CsvFile:
        try:
            if source.kind == "csv":
                return CsvFile(source.path if _is_utf8(source.path) else _to_utf8(source.path, target))
            rows = _sheet_rows(source, self._limits) if source.kind == "xlsx" else _sqlite_rows(source)
            return _write(rows, target, self._limits)
        except (
            OSError,
            ValueError,
            KeyError,
            TypeError,
            IndexError,
            SyntaxError,
            sqlite3.DatabaseError,
            zipfile.BadZipFile,
        ) as error:
            raise ToolError(f"{source.label} cannot be read: {error}", reason="UNREADABLE_FILE") from error


def _is_utf8(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8") as text:
            while text.read(_CHUNK):
                pass
    except UnicodeDecodeError:
        return False
    return True


def text_encoding(path: Path) -> str:
    """UTF-8, else UTF-16 where the file says so, else what Chinese office programs write (GB 18030)."""
    if _is_utf8(path):
        return "utf-8-sig"
    with path.open("rb") as raw:
        mark = raw.read(2)
    return "utf-16" if mark in (b"\xff\xfe", b"\xfe\xff") else "gb18030"


def _to_utf8(path: Path, target: Path) -> Path:
    with (
        path.open(encoding=text_encoding(path), newline="") as text,
        target.open("w", encoding="utf-8", newline="") as out,
    ):
        while chunk := text.read(_CHUNK):
            out.write(chunk)
    return target


def _sheet_rows(source: TableSource, limits: TableLimits) -> Iterator[Sequence[Cell]]:
    from openpyxl import load_workbook

    check_unpacked_size(source.path, limits)
    with closing(load_workbook(source.path, read_only=True, data_only=True, keep_links=False)) as workbook:
        sheet = workbook.worksheets[0] if source.part == ONLY_SHEET else workbook[source.part]
        filled = (
            row
            for row in sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS)
            if any(cell is not None for cell in row)
        )
        header = next(filled, ())
        width = max((position for position, cell in enumerate(header, 1) if cell is not None), default=0)
        yield [str(cell).strip() if cell is not None else "" for cell in header[:width]]
        for row in filled:
            yield list(row[:width]) + [None] * (width - len(row))


def _sqlite_rows(source: TableSource) -> Iterator[Sequence[Cell]]:
    with closing(open_sqlite(source.path)) as connection:
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        name = source.part.replace('"', '""')
        cursor = connection.execute(f'SELECT * FROM "{name}"')  # noqa: S608 - the name is one the file lists, quoted
        yield [column[0] for column in cursor.description][:MAX_COLUMNS]
        for row in cursor:
            yield row[:MAX_COLUMNS]


def _write(rows: Iterator[Sequence[Cell]], target: Path, limits: TableLimits) -> CsvFile:
    header = unique_names([str(name) for name in next(rows)])
    if not header:
        raise ValueError("it has no columns")
    kinds: list[str | None] = [None] * len(header)
    with target.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(header)
        for row in _bounded(rows, limits.max_table_rows):
            for position, cell in enumerate(row):
                kinds[position] = _wider(kinds[position], cell)
            writer.writerow([_text(cell) for cell in row])
    return CsvFile(target, {name: kind or "VARCHAR" for name, kind in zip(header, kinds, strict=True)})


def _bounded(rows: Iterable[Sequence[Cell]], limit: int) -> Iterator[Sequence[Cell]]:
    iterator = iter(rows)
    yield from islice(iterator, limit)
    if next(iterator, None) is not None:
        raise ValueError(f"it has more than {limit} rows")


def _text(cell: Cell) -> object:
    if cell is None:
        return NULL
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, bytes):
        return cell.hex()
    return cell.isoformat(" ") if isinstance(cell, datetime) else cell


def _wider(kind: str | None, cell: Cell) -> str | None:
    """The DuckDB type that holds what the column had so far and this cell."""
    new = _kind(cell)
    if new is None or new == kind:
        return kind
    pair = {kind, new}
    if kind is None:
        return new
    if pair == {"BIGINT", "DOUBLE"}:
        return "DOUBLE"
    return "TIMESTAMP" if pair == {"DATE", "TIMESTAMP"} else "VARCHAR"


def _kind(cell: Cell) -> str | None:
    match cell:
        case None:
            return None
        case bool():
            return "BOOLEAN"
        case int():
            return "BIGINT" if abs(cell) <= MAX_BIGINT else "DOUBLE"
        case float():
            return "DOUBLE"
        case datetime():
            return "TIMESTAMP"
        case date():
            return "DATE"
        case time():
            return "TIME"
    return "VARCHAR"
