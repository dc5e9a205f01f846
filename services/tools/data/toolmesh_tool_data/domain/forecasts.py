"""Weather forecasts of a table: finding the place and the day that were asked for."""

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from toolmesh_core.errors import ToolError

_DAYS = {
    "today": 0,
    "now": 0,
    "tonight": 0,
    "tomorrow": 1,
    "day after tomorrow": 2,
    "the day after tomorrow": 2,
    "今天": 0,
    "今日": 0,
    "今晚": 0,
    "现在": 0,
    "明天": 1,
    "明日": 1,
    "后天": 2,
    "大后天": 3,
}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CHINESE_WEEKDAY = re.compile(r"(?:星期|周|礼拜)([一二三四五六日天])")
_DATE = re.compile(r"(\d{4})(?:-|/|年)(\d{1,2})(?:-|/|月)(\d{1,2})日?")


@dataclass(frozen=True, slots=True)
class Forecast:
    """One day at one place; temperatures in degrees Celsius."""

    day: date
    condition: str
    high_c: float
    low_c: float
    chance_of_rain_percent: int
    wind_kmh: float


@dataclass(frozen=True, slots=True)
class WeatherTable:
    """Forecasts by place.

    Attributes:
        as_of: when they were made.
        places: the forecasts of each place in the order of days.
        aliases: other names of places, in lower case.
    """

    as_of: date
    source: str
    places: Mapping[str, Sequence[Forecast]]
    aliases: Mapping[str, str]


def find_place(asked: str, table: WeatherTable) -> str:
    """The place that was meant.

    Raises:
        ToolError: UNKNOWN_PLACE, with those in the table.
    """
    cleaned = _plain(asked)
    known = {_plain(place): place for place in table.places} | dict(table.aliases)
    for candidate in (cleaned, cleaned.split(",")[0].strip(), cleaned.removesuffix("市")):
        if candidate in known:
            return known[candidate]
    close = difflib.get_close_matches(cleaned, known, n=1, cutoff=0.75)
    hint = f"did you mean {known[close[0]]}? " if close else ""
    listed = ", ".join(list(table.places)[:40])
    raise ToolError(f"there is no forecast for {asked[:60]!r}; {hint}there is one for {listed}", reason="UNKNOWN_PLACE")


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().lower()


def parse_day(text: str, today: date) -> date:
    """The day that was meant: today, tomorrow, a weekday to come, or a date.

    Raises:
        ToolError: BAD_DAY.
    """
    cleaned = _plain(text) or "today"
    if cleaned in _DAYS:
        return today + timedelta(days=_DAYS[cleaned])
    weekday = _weekday(cleaned)
    if weekday is not None:
        return today + timedelta(days=(weekday - today.weekday()) % 7)
    if match := _DATE.fullmatch(cleaned):
        try:
            return date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError as error:
            raise ToolError(f"there is no date {text[:40]!r}", reason="BAD_DAY") from error
    raise ToolError(f"{text[:40]!r} is not a day: say today, tomorrow, a weekday or YYYY-MM-DD", reason="BAD_DAY")


def _weekday(text: str) -> int | None:
    if match := _CHINESE_WEEKDAY.fullmatch(text.removeprefix("本")):
        return "一二三四五六日".index(match[1].replace("天", "日"))
    plain = text.removeprefix("this ").removeprefix("on ").removeprefix("next ")
    return _WEEKDAYS.index(plain) if plain in _WEEKDAYS else None


def forecast_for(place: str, day: date, table: WeatherTable) -> Forecast:
    """The forecast of a place that is in the table.

    Raises:
        ToolError: NO_FORECAST, with the days there are.
    """
    days = table.places[place]
    for forecast in days:
        if forecast.day == day:
            return forecast
    if not days:
        raise ToolError(f"there is no forecast for {place}", reason="NO_FORECAST")
    raise ToolError(
        f"there is no forecast for {place} on {day}; there is one from {days[0].day} to {days[-1].day}",
        reason="NO_FORECAST",
    )
