"""Figures as rows of the table in docs/benchmarks.md."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Row:
    """One figure.

    Attributes:
        must: what the issue asks for; empty where it asks for nothing, and `met` says nothing then.
    """

    what: str
    measured: str
    must: str = ""
    met: bool = True


def print_rows(rows: Sequence[Row], *, as_json: bool) -> None:
    """Prints a Markdown table, or JSON."""
    if as_json:
        print(json.dumps([asdict(row) for row in rows], indent=1))
        return
    print("| what | measured | must | |\n|---|---|---|---|")
    for row in rows:
        verdict = ("met" if row.met else "**missed**") if row.must else ""
        print(f"| {row.what} | {row.measured} | {row.must} | {verdict} |")
