"""Ranges of a sheet such as "A1:C20", "B:D", "2:5" or "B7"."""

import re
from dataclasses import dataclass

from toolmesh_core.errors import ToolError

MAX_ROW = 1_048_576
MAX_COLUMN = 16_384
_CELL = re.compile(r"([A-Z]{1,3})?([1-9]\d{0,6})?")


@dataclass(frozen=True, slots=True)
class CellRange:
    """Rows and columns, counted from 1, both ends included."""

    first_row: int = 1
    last_row: int = MAX_ROW
    first_column: int = 1
    last_column: int = MAX_COLUMN


def parse_range(text: str) -> CellRange:
    """The range; all cells where the text is blank.

    Raises:
        ToolError: BAD_RANGE.
    """
    cleaned = text.replace("$", "").replace("：", ":").strip().upper()
    if not cleaned:
        return CellRange()
    parts = [_CELL.fullmatch(part.strip()) for part in cleaned.split(":")]
    if len(parts) > 2 or not all(parts):
        raise _bad(text)
    columns = [_column(match[1]) if match and match[1] else 0 for match in parts]
    rows = [int(match[2]) if match and match[2] else 0 for match in parts]
    if not (columns[0] or rows[0]) or (len(parts) == 1 and not (columns[0] and rows[0])):
        raise _bad(text)
    found = CellRange(rows[0] or 1, rows[-1] or MAX_ROW, columns[0] or 1, columns[-1] or MAX_COLUMN)
    if not (found.first_row <= found.last_row <= MAX_ROW and found.first_column <= found.last_column <= MAX_COLUMN):
        raise _bad(text)
    return found


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def column_letters(number: int) -> str:
    """1 is "A", 27 is "AA"."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _bad(text: str) -> ToolError:
    return ToolError(f"cannot read the range {text[:60]!r}: write it as A1:C20, B:D or 2:50", reason="BAD_RANGE")
