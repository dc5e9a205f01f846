"""Dates as people write them, in English and Chinese, and what can be done with them; today is passed in."""

import calendar
import re
import unicodedata
from datetime import date, datetime, time, timedelta

from toolmesh_core.errors import ToolError

MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
CHINESE_WEEKDAYS = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")
RELATIVE_DAYS = {
    "today": 0,
    "now": 0,
    "tomorrow": 1,
    "yesterday": -1,
    "the day after tomorrow": 2,
    "the day before yesterday": -2,
    "今天": 0,
    "今日": 0,
    "现在": 0,
    "明天": 1,
    "后天": 2,
    "大后天": 3,
    "昨天": -1,
    "前天": -2,
}

_MONTH = "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\\.?"
YEAR_FIRST = (
    r"(?P<y>\d{4})(?:-(?P<m1>\d{1,2})-(?P<d1>\d{1,2})|/(?P<m2>\d{1,2})/(?P<d2>\d{1,2})"
    r"|\s?年\s?(?P<m3>\d{1,2})\s?月\s?(?P<d3>\d{1,2})\s?[日号]?)"
)
_YEAR_FIRST = re.compile(YEAR_FIRST)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)")
_MONTH_FIRST = re.compile(_MONTH + r"\s+(\d{1,2})(?:st|nd|rd|th)?(?:,?\s+(\d{4}))?", re.I)
_DAY_FIRST = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?\s+(?:of\s+)?" + _MONTH + r"(?:,?\s+(\d{4}))?", re.I)
_NUMBERS = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_MONTH_AND_DAY = re.compile(r"(\d{1,2})\s?月\s?(\d{1,2})\s?[日号]?")
_CLOCK = re.compile(
    r"(?:(上午|早上|凌晨|中午|下午|晚上)\s*)?(\d{1,2})(?:[:点时](\d{1,2})?分?(?::(\d{1,2}))?)?\s*(am|pm|a\.m\.|p\.m\.)?",
    re.I,
)
_ISO_TIME = re.compile(r"T(?=\d)")
MAX_TEXT = 80


def parse_date(text: str, today: date) -> date:
    """The date that a person means.

    Raises:
        ToolError: BAD_DATE; also where 03/04/2024 could be two days.
    """
    cleaned = unicodedata.normalize("NFKC", text).strip().strip(".,").lower()
    if len(cleaned) > MAX_TEXT:
        raise bad_date(text)
    if cleaned in RELATIVE_DAYS:
        return shifted(today, RELATIVE_DAYS[cleaned])
    found = _year_month_day(cleaned, today.year)
    if found is None:
        raise bad_date(text)
    return made_date(*found, text)


def _year_month_day(text: str, this_year: int) -> tuple[int, int, int] | None:
    if match := _YEAR_FIRST.fullmatch(text):
        return year_first_parts(match)
    if match := _COMPACT.fullmatch(text):
        return int(match[1]), int(match[2]), int(match[3])
    if match := _MONTH_FIRST.fullmatch(text):
        return int(match[3] or this_year), _month_number(match[1]), int(match[2])
    if match := _DAY_FIRST.fullmatch(text):
        return int(match[3] or this_year), _month_number(match[2]), int(match[1])
    if match := _MONTH_AND_DAY.fullmatch(text):
        return this_year, int(match[1]), int(match[2])
    if match := _NUMBERS.fullmatch(text):
        return _either_order(int(match[1]), int(match[2]), int(match[3]), text)
    return None


def year_first_parts(match: re.Match[str]) -> tuple[int, int, int]:
    """Year, month and day of a match of YEAR_FIRST."""
    month = match["m1"] or match["m2"] or match["m3"]
    day = match["d1"] or match["d2"] or match["d3"]
    return int(match["y"]), int(month), int(day)


def _month_number(abbreviation: str) -> int:
    return next(number for number, name in enumerate(MONTHS, 1) if name.startswith(abbreviation.lower()))


def _either_order(first: int, second: int, year: int, text: str) -> tuple[int, int, int]:
    if first > 12:
        return year, second, first
    if second > 12 or first == second:
        return year, first, second
    raise ToolError(
        f"{text!r} could be {year}-{first:02}-{second:02} or {year}-{second:02}-{first:02}: write it as YYYY-MM-DD",
        reason="BAD_DATE",
    )


def made_date(year: int, month: int, day: int, text: str) -> date:
    """The date of its parts.

    Raises:
        ToolError: BAD_DATE, no calendar has it, such as 2023-02-29.
    """
    try:
        return date(year, month, day)
    except ValueError as error:
        raise ToolError(f"there is no date {text!r}: {error}", reason="BAD_DATE") from error


def bad_date(text: str) -> ToolError:
    """The refusal of text that is no date."""
    return ToolError(
        f"{text[:60]!r} is not a date: write it as YYYY-MM-DD, or today, tomorrow, yesterday", reason="BAD_DATE"
    )


def shifted(day: date, days: int = 0, months: int = 0) -> date:
    """The day so many months and days later; 31 January plus a month is the last of February.

    Raises:
        ToolError: TOO_LARGE, outside the years 1 to 9999.
    """
    try:
        index = day.year * 12 + day.month - 1 + months
        year, month = index // 12, index % 12 + 1
        last = calendar.monthrange(year, month)[1] if 1 <= year <= 9999 else 31
        return date(year, month, min(day.day, last)) + timedelta(days=days)
    except (ValueError, OverflowError) as error:
        raise ToolError(
            f"{days or months} away from {day} is outside the years 1 to 9999", reason="TOO_LARGE"
        ) from error


def working_days(start: date, end: date) -> int:
    """Mondays to Fridays from start up to, not including, end; holidays are not known."""
    if end < start:
        return -working_days(end, start)
    weeks, rest = divmod((end - start).days, 7)
    return weeks * 5 + sum((start.weekday() + step) % 7 < 5 for step in range(rest))


def years_months_days(start: date, end: date) -> tuple[int, int, int]:
    """The same span as a person says it; start is not after end."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if shifted(start, months=months) > end:
        months -= 1
    return months // 12, months % 12, (end - shifted(start, months=months)).days


def parse_time(text: str) -> time:
    """A time of day: "15:30", "3:30 pm", "9am", "下午3点", "noon".

    Raises:
        ToolError: BAD_TIME.
    """
    cleaned = unicodedata.normalize("NFKC", text).strip().lower().replace("点半", "点30").replace("点钟", "点")
    if cleaned in ("noon", "midday", "中午"):
        return time(12)
    if cleaned in ("midnight", "午夜"):
        return time(0)
    match = _CLOCK.fullmatch(cleaned)
    if not match or not (match[3] or match[5] or "点" in cleaned or ":" in cleaned or "时" in cleaned):
        raise bad_time(text)
    hour, minute, second = int(match[2]), int(match[3] or 0), int(match[4] or 0)
    half = (match[5] or "").replace(".", "")
    if half and not 1 <= hour <= 12:
        raise bad_time(text)
    afternoon = half == "pm" or match[1] in ("下午", "晚上") or (match[1] == "中午" and hour < 11)
    if hour < 12 and afternoon:
        hour += 12
    elif hour == 12 and (half == "am" or match[1] == "凌晨"):
        hour = 0
    try:
        return time(hour, minute, second)
    except ValueError as error:
        raise bad_time(text) from error


def bad_time(text: str) -> ToolError:
    """The refusal of text that is no time of day."""
    return ToolError(f"{text[:60]!r} is not a time: write it as 15:30, 3:30 pm, or 2024-03-01 15:30", reason="BAD_TIME")


def parse_date_and_time(text: str, now: datetime) -> datetime:
    """A time with an optional date before or after it; without one, the day of `now`. Carries no zone.

    Raises:
        ToolError: BAD_TIME or BAD_DATE.
    """
    cleaned = _ISO_TIME.sub(" ", unicodedata.normalize("NFKC", text).strip())
    if len(cleaned) > MAX_TEXT:
        raise bad_time(text)
    if cleaned.lower() in ("now", "现在"):
        return now.replace(tzinfo=None)
    for cut in _cuts(cleaned):
        for day, clock in ((cleaned[:cut], cleaned[cut:]), (cleaned[cut:], cleaned[:cut])):
            parsed = _try_both(day.strip(" ,"), clock.strip(" ,"), now.date())
            if parsed is not None:
                return parsed
    return datetime.combine(now.date(), parse_time(cleaned))


def _cuts(text: str) -> list[int]:
    """Where a date may end and a time begin: at a space, or after a Chinese date."""
    return [index for index, sign in enumerate(text) if sign == " "] + [
        index + 1 for index, sign in enumerate(text[:-1]) if sign in "天日号"
    ]


def _try_both(day: str, clock: str, today: date) -> datetime | None:
    clock = clock.removeprefix("at ").removesuffix(" at")
    day = day.removesuffix(" at")
    try:
        return datetime.combine(parse_date(day, today), parse_time(clock))
    except ToolError:
        return None
