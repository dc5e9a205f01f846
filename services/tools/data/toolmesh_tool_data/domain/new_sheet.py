"""What may be written as a sheet: names, and cells that a spreadsheet program must not take for formulas."""

import re
from collections.abc import Sequence
from typing import Literal

from toolmesh_core.errors import ToolError

Cell = str | int | float | bool | None
Format = Literal["xlsx", "csv"]

_FILE = re.compile(r"[\w][\w .()-]{0,98}")
_SHEET = re.compile(r"[^\[\]:*?/\\\x00-\x1f']{1,31}")
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def check_file(name: str) -> Format:
    """The format of a file of this name, which lies in the folder itself.

    Raises:
        ToolError: BAD_FILE_NAME.
    """
    lowered = name.lower()
    if _FILE.fullmatch(name) and ".." not in name:
        if lowered.endswith(".xlsx"):
            return "xlsx"
        if lowered.endswith(".csv"):
            return "csv"
    raise ToolError(
        f'file name {name[:80]!r} must be a plain name that ends in .xlsx or .csv, such as "report.xlsx"',
        reason="BAD_FILE_NAME",
    )


def check_sheet(name: str) -> str:
    """The sheet's name.

    Raises:
        ToolError: BAD_SHEET_NAME.
    """
    if not _SHEET.fullmatch(name):
        raise ToolError(
            f"sheet name {name[:60]!r} must have 1 to 31 characters and none of [ ] : * ? / \\ '",
            reason="BAD_SHEET_NAME",
        )
    return name


def check_rows(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Each row has a cell for each column, and no cell has characters that XML lacks.

    Raises:
        ToolError: BAD_ROWS, with the first that is wrong.
    """
    for number, row in enumerate((columns, *rows)):
        if len(row) != len(columns):
            raise ToolError(
                f"row {number} has {len(row)} cells, but there are {len(columns)} columns", reason="BAD_ROWS"
            )
        if any(isinstance(cell, str) and _CONTROL.search(cell) for cell in row):
            raise ToolError(f"row {number} has a control character in its text: leave it out", reason="BAD_ROWS")


def is_formula_like(cell: Cell) -> bool:
    """Whether a spreadsheet program that opens CSV would compute the text."""
    return isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(cell)


def csv_cell(cell: Cell) -> Cell:
    """CSV has no types, so text that looks like a formula gets the apostrophe that marks text."""
    return f"'{cell}" if is_formula_like(cell) else cell
