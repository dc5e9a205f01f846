"""Reads the table of exchange rates from a JSON or CSV file, again whenever the file changes."""

import csv
import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path

from toolmesh_core.errors import ToolError
from toolmesh_tool_calculation.domain.currencies import RateTable

SAMPLE = Path(__file__).parent.parent / "sample" / "rates.json"
MAX_FILE_BYTES = 1_000_000


class RatesFile:
    """The rates in force: the named file, else rates.json or rates.csv in the data folder, else the sample."""

    def __init__(self, named: Path | None, data_dir: Path) -> None:
        self._candidates = [named] if named else [data_dir / "rates.json", data_dir / "rates.csv", SAMPLE]
        self._read: tuple[Path, float, RateTable] | None = None

    def table(self) -> RateTable:
        """The rates; a file is read once until it changes.

        Raises:
            ToolError: BAD_RATES, with the file's name and what is wrong with it.
        """
        path = next((path for path in self._candidates if path.is_file()), self._candidates[0])
        try:
            changed = path.stat().st_mtime
            if self._read is None or self._read[:2] != (path, changed):
                self._read = (path, changed, read_rates(path))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ToolError(
                f"the rates file {path.name} cannot be used: {_reason(error)}", reason="BAD_RATES"
            ) from error
        return self._read[2]


def _reason(error: Exception) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)


def read_rates(path: Path) -> RateTable:
    """The table of one file.

    Raises:
        OSError, ValueError, KeyError, TypeError, AttributeError: it is not as the README says.
    """
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ValueError(f"it is over {MAX_FILE_BYTES} bytes")
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix.lower() == ".csv":
        return _from_csv(text.splitlines())
    content = json.loads(text, parse_float=str)
    rates = {content["base"]: "1", **content["rates"]}
    return RateTable(date.fromisoformat(content["date"]), str(content["source"]), _checked(rates))


def _from_csv(lines: Iterable[str]) -> RateTable:
    """Columns currency and rate, and date and source, of which the first row's count."""
    rows = list(csv.DictReader(lines))
    if not rows:
        raise ValueError("it has no rows")
    rates = {row["currency"]: row["rate"] for row in rows}
    return RateTable(date.fromisoformat(rows[0]["date"]), rows[0]["source"], _checked(rates))


def _checked(rates: Mapping[str, object]) -> Mapping[str, Fraction]:
    return {code.strip().upper(): _rate(code, str(rate)) for code, rate in rates.items()}


def _rate(code: str, text: str) -> Fraction:
    try:
        rate = Decimal(text)
    except InvalidOperation:
        rate = Decimal("NaN")
    # Bounded before it becomes a fraction: 1e999999999 is short to write and takes all memory to hold.
    if not rate.is_finite() or not Decimal("1e-12") <= rate <= Decimal("1e12"):
        raise ValueError(f"the rate of {code} must be a number from 1e-12 to 1e12, got {text[:30]!r}")
    return Fraction(rate)
