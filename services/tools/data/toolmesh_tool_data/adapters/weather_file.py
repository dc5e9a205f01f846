"""Reads forecasts from a JSON or CSV file, again whenever the file changes."""

import csv
import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from toolmesh_core.errors import ToolError
from toolmesh_tool_data.domain.forecasts import Forecast, WeatherTable

SAMPLE = Path(__file__).parent.parent / "sample" / "weather.json"
MAX_FILE_BYTES = 20_000_000


class WeatherFile:
    """The forecasts in force: the named file, else weather.json or weather.csv of the data folder, else the sample."""

    def __init__(self, named: Path | None, data_dir: Path) -> None:
        self._candidates = [named] if named else [data_dir / "weather.json", data_dir / "weather.csv", SAMPLE]
        self._read: tuple[tuple[Path, float, date], WeatherTable] | None = None

    def table(self, today: date) -> WeatherTable:
        """The forecasts; a file is read once until it changes. The sample's days count from today.

        Raises:
            ToolError: BAD_WEATHER_FILE, with the file's name and what is wrong with it.
        """
        path = next((path for path in self._candidates if path.is_file()), self._candidates[0])
        try:
            key = (path, path.stat().st_mtime, today)
            if self._read is None or self._read[0] != key:
                self._read = (key, read_weather(path, today))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            raise ToolError(
                f"the weather file {path.name} cannot be used: {what}", reason="BAD_WEATHER_FILE"
            ) from error
        return self._read[1]


def read_weather(path: Path, today: date) -> WeatherTable:
    """The table of one file.

    Raises:
        OSError, ValueError, KeyError, TypeError, AttributeError: it is not as the README says.
    """
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ValueError(f"it is over {MAX_FILE_BYTES} bytes")
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix.lower() == ".csv":
        return _from_csv(text)
    content = json.loads(text)
    as_of = date.fromisoformat(content["date"]) if "date" in content else today
    places = {
        str(name): _in_order([_forecast(day, today) for day in entry["days"]])
        for name, entry in content["places"].items()
    }
    aliases = {
        alias.lower(): str(name) for name, entry in content["places"].items() for alias in entry.get("aliases", [])
    }
    return WeatherTable(as_of, str(content["source"]), places, aliases)


def _from_csv(text: str) -> WeatherTable:
    """A row a day; of the columns source and as_of the first row counts."""
    rows = list(csv.DictReader(text.splitlines()))
    if not rows:
        raise ValueError("it has no rows")
    places: dict[str, list[Forecast]] = {}
    for row in rows:
        places.setdefault(row["place"], []).append(_forecast(row, date.min))
    as_of = date.fromisoformat(rows[0].get("as_of") or rows[0]["date"])
    return WeatherTable(as_of, rows[0]["source"], {name: _in_order(days) for name, days in places.items()}, {})


def _forecast(entry: Mapping[str, Any], today: date) -> Forecast:
    """A day by its date, or in the sample by how many days from today it is."""
    day = today + timedelta(days=int(entry["in_days"])) if "in_days" in entry else date.fromisoformat(entry["date"])
    return Forecast(
        day=day,
        condition=str(entry["condition"]),
        high_c=float(entry["high_c"]),
        low_c=float(entry["low_c"]),
        chance_of_rain_percent=int(entry.get("chance_of_rain_percent") or 0),
        wind_kmh=float(entry.get("wind_kmh") or 0),
    )


def _in_order(days: list[Forecast]) -> list[Forecast]:
    return sorted(days, key=lambda forecast: forecast.day)
