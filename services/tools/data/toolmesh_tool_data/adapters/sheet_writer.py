"""Writes new sheets and new files into the folder; never over what is there."""

import base64
import csv
import fcntl
import os
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from toolmesh_core.errors import ToolError
from toolmesh_tool_data.adapters.table_files import check_unpacked_size
from toolmesh_tool_data.adapters.table_limits import TableLimits
from toolmesh_tool_data.domain.new_sheet import Cell, check_file, check_rows, check_sheet, csv_cell

MOST_RETURNED_BYTES = 1_500_000
# What openpyxl writes again as it read it. Drawings, macros, pivot tables and the like it would drop.
_KEPT_PARTS = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|docProps/(app|core)\.xml|xl/(workbook|styles|sharedStrings)\.xml"
    r"|xl/_rels/workbook\.xml\.rels|xl/theme/theme\d*\.xml|xl/worksheets/sheet\d+\.xml"
)
_LOST_MARKUP = re.compile(rb"<(\w+:)?(f|extLst)[ />]")
Rows = Sequence[Sequence[Cell]]


class SheetWriter:
    """Writes to the folder, one at a time."""

    def __init__(self, limits: TableLimits) -> None:
        self._limits = limits
        self._folder = Path(limits.folder).resolve()

    def write(self, file: str, sheet: str, columns: Sequence[str], rows: Rows) -> dict[str, Any]:
        """Writes a sheet, and tells where; its file's bytes in base64 where it is not too large.

        Raises:
            ToolError: READ_ONLY, BAD_FILE_NAME, BAD_SHEET_NAME, BAD_ROWS, EXISTS, WOULD_LOSE.
        """
        if not self._limits.writable:
            raise ToolError("nothing can be written: the operator has set no TABLES_DIR", reason="READ_ONLY")
        kind = check_file(file)
        check_rows(columns, rows)
        target = self._folder / file
        with _only_one(self._folder):
            try:
                if kind == "csv":
                    self._write_csv(target, [list(columns), *rows])
                elif target.exists():
                    self._add_sheet(target, check_sheet(sheet or "Sheet2"), [list(columns), *rows])
                else:
                    self._write_workbook(target, check_sheet(sheet or "Sheet1"), [list(columns), *rows])
            except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
                raise ToolError(f"{file} cannot be written: {error}", reason="NOT_WRITTEN") from error
        return {"file": file, "rows_written": len(rows), **_returned(target)}

    def _write_csv(self, target: Path, rows: Rows) -> None:
        with _new_file(target) as part, part.open("w", encoding="utf-8-sig", newline="") as out:
            csv.writer(out).writerows([csv_cell(cell) for cell in row] for row in rows)

    def _write_workbook(self, target: Path, sheet: str, rows: Rows) -> None:
        from openpyxl import Workbook

        workbook = Workbook()
        made = workbook.active
        made.title = sheet
        _fill(made, rows)
        with _new_file(target) as part:
            workbook.save(part)

    def _add_sheet(self, target: Path, sheet: str, rows: Rows) -> None:
        from openpyxl import load_workbook

        real = target.resolve()
        if not real.is_file() or real.parent != self._folder:
            raise _exists(f"{target.name} is not a file of the folder")
        _check_nothing_is_lost(real, self._limits)
        workbook = load_workbook(real)
        taken = [name for name in workbook.sheetnames if name.casefold() == sheet.casefold()]
        if taken:
            raise _exists(f"{target.name} has a sheet {taken[0]!r} already; choose another name")
        _fill(workbook.create_sheet(sheet), rows)
        with _part_of(real) as part:
            workbook.save(part)
            part.replace(real)


def _fill(sheet: Any, rows: Rows) -> None:
    """Text stays text: one that begins with "=" is no formula, now or when somebody edits its cell."""
    for number, row in enumerate(rows, 1):
        for position, cell in enumerate(row, 1):
            made = sheet.cell(number, position, cell)
            if isinstance(cell, str):
                made.data_type = "s"
                made.quotePrefix = cell.startswith("=")


def _check_nothing_is_lost(path: Path, limits: TableLimits) -> None:
    check_unpacked_size(path, limits)
    with zipfile.ZipFile(path) as archive:
        lost = [name for name in archive.namelist() if not _KEPT_PARTS.fullmatch(name)]
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
        if not lost:
            lost = [name for name in sheets if _LOST_MARKUP.search(archive.read(name))]
    if lost:
        raise ToolError(
            f"{path.name} holds more than values, such as formulas or charts ({lost[0]}), which would be lost; "
            "write to a new file",
            reason="WOULD_LOSE",
        )


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Over all table processes: two that add a sheet to one file would lose one of them."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


@contextmanager
def _part_of(target: Path) -> Iterator[Path]:
    """A hidden file beside the target, gone at the end."""
    part = target.with_name(f".{target.name}.part")
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _new_file(target: Path) -> Iterator[Path]:
    """A file to write, which then takes the target's name if nothing has it."""
    if os.path.lexists(target):
        raise _exists(f"there is a file {target.name!r} already; choose another name")
    with _part_of(target) as part:
        yield part
        try:
            os.link(part, target)
        except FileExistsError:
            raise _exists(f"there is a file {target.name!r} already; choose another name") from None


def _exists(message: str) -> ToolError:
    return ToolError(message, reason="EXISTS")


def _returned(path: Path) -> dict[str, Any]:
    if path.stat().st_size > MOST_RETURNED_BYTES:
        return {"content": None}
    return {"content": base64.b64encode(path.read_bytes()).decode()}
