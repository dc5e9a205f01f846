"""Where the commands write: results to stdout, what to do next to stderr; tables for people, JSON for machines."""

import os
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from toolmesh_cli.plain_text import compact_json, plain, pretty_json

# Columns that are short, and useless when broken.
_UNBROKEN = {"id", "name", "state", "begun", "added", "last used"}
# Without a terminal there is no width to keep to.
_PIPED_WIDTH = 200
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON for machines.")]


def stdout() -> Console:
    """The console of results. Nothing it is given is read as markup."""
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else _PIPED_WIDTH
    return Console(markup=False, highlight=False, emoji=False, width=width)


def stderr() -> Console:
    """The console of messages."""
    return Console(stderr=True, markup=False, highlight=False, emoji=False, soft_wrap=True)


def say(message: str) -> None:
    """One message to the person, on stderr."""
    stderr().print(Text(plain(message)))


def write_text(text: str) -> None:
    """A result that is text, as it is but for control characters, so that it can be piped."""
    sys.stdout.write(plain(text).rstrip("\n") + "\n")
    sys.stdout.flush()


def write_json(value: Any) -> None:
    """A result for machines: one JSON document."""
    sys.stdout.write(pretty_json(value) + "\n")


def write_json_line(value: Any) -> None:
    """One of several results for machines, each on its line as soon as it is there."""
    sys.stdout.write(compact_json(value) + "\n")
    sys.stdout.flush()


def write_table(columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> None:
    """A table for people; where it has no rows, the hint `empty` on stderr instead."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column in _UNBROKEN)
    for row in rows:
        table.add_row(*(Text(plain(str(cell))) for cell in row))
    if table.row_count:
        stdout().print(table)
    else:
        say(empty)


def write_fields(fields: Iterable[tuple[str, object]]) -> None:
    """Names and values, one a line; empty values are left out."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in fields:
        if value not in (None, "", [], ()):
            table.add_row(name, Text(plain(str(value))))
    stdout().print(table)


def local_time(moment: datetime | None) -> str:
    """A moment in the reader's own time zone, to the minute."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M") if moment else "-"


def duration(length: timedelta) -> str:
    """A length of time with the unit that suits it."""
    seconds = length.total_seconds()
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
