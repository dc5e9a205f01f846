"""Names of tables and columns, and finding the one that was meant."""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence

from toolmesh_core.errors import ToolError

_FILE_ENDINGS = (".csv", ".tsv", ".xlsx", ".xlsm", ".sqlite", ".sqlite3", ".db")
MAX_SHOWN = 40


def plain_name(text: str) -> str:
    """Lower-case letters of any script, digits and underscores: "Sales 2024.csv" becomes "sales_2024"."""
    lowered = unicodedata.normalize("NFKC", text).strip().lower()
    for ending in _FILE_ENDINGS:
        lowered = lowered.removesuffix(ending)
    return re.sub(r"\W+", "_", lowered).strip("_") or "table"


def find_table(asked: str, tables: Sequence[str]) -> str:
    """The table that was meant: by its name, its file's name, or the last part of its name where one table has it.

    Raises:
        ToolError: UNKNOWN_TABLE, with the tables there are.
    """
    wanted = plain_name(asked)
    if wanted in tables:
        return wanted
    endings = [table for table in tables if table.endswith(f"_{wanted}")]
    if len(endings) == 1:
        return endings[0]
    raise ToolError(f"there is no table {asked[:60]!r}; {close_to('tables', wanted, tables)}", reason="UNKNOWN_TABLE")


def find_column(asked: str, columns: Sequence[str], table: str) -> str:
    """The column that was meant, whatever its capitals, spaces and underscores.

    Raises:
        ToolError: UNKNOWN_COLUMN, with the columns there are.
    """
    if asked in columns:
        return asked
    by_plain = {plain_name(column): column for column in columns}
    wanted = plain_name(asked)
    for candidate in (wanted, wanted.removesuffix("s"), f"{wanted}s"):
        if candidate in by_plain:
            return by_plain[candidate]
    raise ToolError(
        f"table {table!r} has no column {asked[:60]!r}; {close_to('columns', asked, columns)}", reason="UNKNOWN_COLUMN"
    )


def close_to(what: str, asked: str, names: Iterable[str]) -> str:
    """For the end of a refusal: the nearest name, and the names there are."""
    listed = list(names)
    if not listed:
        return f"there are no {what}"
    close = difflib.get_close_matches(asked, listed, n=1, cutoff=0.6)
    hint = f"did you mean {close[0]!r}? " if close else ""
    more = f" and {len(listed) - MAX_SHOWN} more" if len(listed) > MAX_SHOWN else ""
    return f"{hint}the {what} are {', '.join(listed[:MAX_SHOWN])}{more}"


def unique_names(names: Sequence[str]) -> list[str]:
    """The same names, numbered where one comes twice or is empty."""
    taken: set[str] = set()
    result = []
    for position, name in enumerate(names, 1):
        chosen, count = name or f"column_{position}", 1
        while chosen.lower() in taken:
            count += 1
            chosen = f"{name or 'column'}_{count}"
        taken.add(chosen.lower())
        result.append(chosen)
    return result
