"""Reads a range of a sheet as typed rows; a CSV file counts as one sheet."""

import csv
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from toolmesh_core.errors import ToolError
from toolmesh_tool_data.adapters.sheet_files import WORKBOOKS, find_file, find_sheet
from toolmesh_tool_data.adapters.table_conversion import text_encoding
from toolmesh_tool_data.adapters.table_engine import cell_value
from toolmesh_tool_data.adapters.table_files import check_unpacked_size
from toolmesh_tool_data.adapters.table_limits import TableLimits
from toolmesh_tool_data.domain.cell_range import CellRange, column_letters, parse_range

MAX_COLUMNS = 50
_WHOLE = re.compile(r"-?(0|[1-9]\d{0,15})")
_DECIMAL = re.compile(r"-?(0|[1-9]\d{0,15})\.\d{1,15}")
_BROKEN = (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, SyntaxError, zipfile.BadZipFile)
Row = Sequence[object]


class SheetReader:
    """Reads the files of the folder."""

    def __init__(self, limits: TableLimits) -> None:
        self._limits = limits

    def read(self, file: str, sheet: str, cells: str) -> dict[str, Any]:
        """The rows of a range.

        Raises:
            ToolError: UNKNOWN_FILE, UNKNOWN_SHEET, BAD_RANGE, UNREADABLE_FILE.
        """
        path, asked = find_file(file, self._limits), parse_range(cells)
        try:
            if path.suffix.lower() in WORKBOOKS:
                return self._read_workbook(path, sheet, asked)
            return self._answer(path, "", [], asked, _csv_rows(path, asked))
        except (*_BROKEN, csv.Error) as error:
            raise ToolError(f"{path.name} cannot be read: {error}", reason="UNREADABLE_FILE") from error

    def _read_workbook(self, path: Path, sheet: str, asked: CellRange) -> dict[str, Any]:
        from openpyxl import load_workbook

        check_unpacked_size(path, self._limits)
        with closing(load_workbook(path, read_only=True, data_only=True, keep_links=False)) as workbook:
            names = [one.title for one in workbook.worksheets]
            found = find_sheet(sheet, names, path.name)
            rows = workbook[found].iter_rows(
                min_row=asked.first_row,
                max_row=asked.last_row,
                min_col=asked.first_column,
                max_col=min(asked.last_column, asked.first_column + MAX_COLUMNS),
                values_only=True,
            )
            return self._answer(path, found, names, asked, rows)

    def _answer(
        self, path: Path, sheet: str, sheets: list[str], asked: CellRange, rows: Iterator[Row]
    ) -> dict[str, Any]:
        shown: list[list[object]] = []
        room, width, more = self._limits.max_result_chars, 0, False
        for row in islice(rows, self._limits.max_result_rows + 1):
            cells = _trimmed([cell_value(cell) for cell in row[:MAX_COLUMNS]])
            room -= sum(len(str(cell)) for cell in cells)
            more = len(shown) == self._limits.max_result_rows or (room < 0 and bool(shown))
            if more:
                break
            width = max(width, len(row))
            shown.append(cells)
        next_row = asked.first_row + len(shown) if more else None
        while shown and not shown[-1] and not more:
            shown.pop()
        return {
            "file": path.name,
            "sheet": sheet,
            "sheets": sheets,
            "first_cell": f"{column_letters(asked.first_column)}{asked.first_row}",
            "rows": shown,
            "next_row": next_row,
            "columns_left_out": width > MAX_COLUMNS and asked.last_column >= asked.first_column + MAX_COLUMNS,
        }


def _trimmed(cells: list[object]) -> list[object]:
    while cells and cells[-1] in (None, ""):
        cells.pop()
    return cells


def _csv_rows(path: Path, asked: CellRange) -> Iterator[Row]:
    with path.open(encoding=text_encoding(path), newline="") as text:
        delimiter = _delimiter(path, text.read(4096))
        text.seek(0)
        last = min(asked.last_column, asked.first_column + MAX_COLUMNS)
        for row in islice(csv.reader(text, delimiter=delimiter), asked.first_row - 1, asked.last_row):
            yield [_typed(cell) for cell in row[asked.first_column - 1 : last]]


def _delimiter(path: Path, sample: str) -> str:
    usual = "\t" if path.suffix.lower() == ".tsv" else ","
    first = sample.partition("\n")[0]
    return max((usual, ",", ";", "\t", "|"), key=first.count)


def _typed(cell: str) -> object:
    """Numbers as numbers; what has leading zeros, such as a code, stays text."""
    if _WHOLE.fullmatch(cell):
        return int(cell)
    return float(cell) if _DECIMAL.fullmatch(cell) else cell or None
