"""Finds spreadsheet files of the folder by name: workbooks and CSV files, and a workbook's sheets."""

from collections.abc import Sequence
from pathlib import Path

from toolmesh_core.errors import ToolError
from toolmesh_tool_data.adapters.table_limits import TableLimits
from toolmesh_tool_data.domain.names import close_to, plain_name

WORKBOOKS = (".xlsx", ".xlsm")
CSV = (".csv", ".tsv")


def spreadsheet_files(limits: TableLimits) -> list[Path]:
    """What lies in the folder itself; a link that leads out of it and a hidden file do not count."""
    folder = Path(limits.folder).resolve()
    found = []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in (*WORKBOOKS, *CSV) and not path.name.startswith("."):
            real = path.resolve()
            if real.is_file() and real.is_relative_to(folder):
                found.append(real)
    return found


def find_file(asked: str, limits: TableLimits) -> Path:
    """The file that was meant, by its name with or without its ending.

    Raises:
        ToolError: UNKNOWN_FILE, with the files there are; UNREADABLE_FILE where it is too large.
    """
    files = spreadsheet_files(limits)
    by_name = {path.name: path for path in files}
    alike = [path for path in files if plain_name(path.name) == plain_name(asked)]
    path = by_name.get(asked) or (alike[0] if len(alike) == 1 else None)
    if path is None:
        raise ToolError(
            f"there is no one file {asked[:80]!r}; {close_to('files', asked, list(by_name))}", reason="UNKNOWN_FILE"
        )
    if path.stat().st_size > limits.max_file_mb * 2**20:
        raise ToolError(f"{path.name} is over {limits.max_file_mb} MB", reason="UNREADABLE_FILE")
    return path


def find_sheet(asked: str, sheets: Sequence[str], file: str) -> str:
    """The sheet that was meant, whatever its capitals; the first where none is asked for.

    Raises:
        ToolError: UNKNOWN_SHEET, with the sheets there are.
    """
    if not asked and sheets:
        return sheets[0]
    for sheet in sheets:
        if sheet.casefold() == asked.strip().casefold():
            return sheet
    raise ToolError(f"{file} has no sheet {asked[:60]!r}; {close_to('sheets', asked, sheets)}", reason="UNKNOWN_SHEET")
