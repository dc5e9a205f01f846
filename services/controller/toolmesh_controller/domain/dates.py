"""Dates and times as people write them, English and Chinese, as ISO 8601. A date without a year stays as written."""

import re
from collections.abc import Iterator, Sequence

_MONTHS = {
    name: at
    for at, names in enumerate(
        (
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sept sep",
            "october oct",
            "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}
_MONTH = "(?P<month>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4})"
_WRITTEN_DATES = tuple(
    re.compile(pattern, re.IGNORECASE | re.ASCII)
    for pattern in (
        rf"\b{_YEAR}-(?P<month>\d{{1,2}})-(?P<day>\d{{1,2}})\b",
        rf"\b{_YEAR}/(?P<month>\d{{1,2}})/(?P<day>\d{{1,2}})\b",
        rf"\b(?P<month>\d{{1,2}})/(?P<day>\d{{1,2}})/{_YEAR}\b",
        rf"\b(?P<month>\d{{1,2}})-(?P<day>\d{{1,2}})-{_YEAR}\b",
        rf"\b{_MONTH}\s+{_DAY}\s*,?\s+(?:of\s+)?{_YEAR}\b",
        rf"\b{_DAY}\s+(?:of\s+)?{_MONTH}\s*,?\s+{_YEAR}\b",
        rf"{_YEAR}\s*年\s*(?P<month>\d{{1,2}})\s*月\s*(?P<day>\d{{1,2}})\s*[日号]?",
    )
)
_DAYS_OF_MONTH = (
    re.compile(rf"\b{_MONTH}\s+{_DAY}\b(?!\s*,?\s*\d{{4}})", re.IGNORECASE | re.ASCII),
    re.compile(rf"\b{_DAY}\s+(?:of\s+)?{_MONTH}\b(?!\s*,?\s*\d{{4}})", re.IGNORECASE | re.ASCII),
)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_CHINESE_DAYS = {"今天": "today", "明天": "tomorrow", "后天": "in 2 days", "昨天": "yesterday"} | {
    f"{word}{day}": name
    for word in ("周", "星期", "礼拜")
    for day, name in zip("一二三四五六日", _WEEKDAYS, strict=True)
}
_DAY_WORDS = re.compile(
    rf"\b(?:today|tomorrow|yesterday|(?:(?:next|this|last)\s+)?(?:{'|'.join(_WEEKDAYS)}))\b|{'|'.join(_CHINESE_DAYS)}",
    re.IGNORECASE | re.ASCII,
)
_TIMES = (
    re.compile(
        r"\b(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?\s*(?P<half>[ap]\.?m\b\.?)?",
        re.I | re.A,
    ),
    re.compile(r"\b(?P<hour>1[0-2]|0?[1-9])\s*(?P<half>[ap]\.?m\b\.?)", re.I | re.A),
    re.compile(r"(?P<half>上午|下午|晚上|早上)?(?P<hour>\d{1,2})点(?P<minute>\d{1,2})?"),
)


def find_dates(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, "YYYY-MM-DD") of each full date."""
    taken: list[tuple[int, int]] = []
    for pattern in _WRITTEN_DATES:
        for match in pattern.finditer(text):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            month, day = _month(match["month"]), int(match["day"])
            if month > 12 >= day:
                month, day = day, month
            if 1 <= month <= 12 and 1 <= day <= 31:
                taken.append(match.span())
                yield match.start(), match.end(), f"{match['year']}-{month:02d}-{day:02d}"


def find_date_parts(text: str) -> Iterator[tuple[str, int, int, int]]:
    """("year", "month" or "day", start, end, value) of the parts of each full date."""
    for start, end, iso in find_dates(text):
        pattern_match = next(match for pattern in _WRITTEN_DATES if (match := pattern.fullmatch(text, start, end)))
        for part, value in zip(("year", "month", "day"), iso.split("-"), strict=True):
            yield part, pattern_match.start(part), pattern_match.end(part), int(value)


def find_days(text: str, full_dates: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """(start, end, value) of days named without a year ("March 1", "tomorrow", "next Monday", "明天").

    Chinese words become English ones. A month and day takes the year of the request's full date, if there is one.
    """
    year = full_dates[0][:4] if full_dates else ""
    for pattern in _DAYS_OF_MONTH:
        for match in pattern.finditer(text):
            month, day = _month(match["month"]), int(match["day"])
            if 1 <= month <= 12 and 1 <= day <= 31:
                written = f"{year}-{month:02d}-{day:02d}" if year else match.group().strip()
                yield match.start(), match.end(), written
    for match in _DAY_WORDS.finditer(text):
        yield match.start(), match.end(), _CHINESE_DAYS.get(match.group(), match.group())


def find_times(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, "HH:MM" or "HH:MM:SS") of each time of day, on the 24 hour clock."""
    taken: list[tuple[int, int]] = []
    for pattern in _TIMES:
        for match in pattern.finditer(text):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            parts = match.groupdict()
            hour = _hour(int(parts["hour"]), (parts["half"] or "").lower())
            if hour > 24:
                continue
            taken.append(match.span())
            written = f"{hour:02d}:{int(parts.get('minute') or 0):02d}"
            yield match.start(), match.end(), written + (f":{parts['second']}" if parts.get("second") else "")


def _month(written: str) -> int:
    return int(written) if written.isdigit() else _MONTHS[written.lower()]


def _hour(hour: int, half: str) -> int:
    if half.startswith("p") or half in ("下午", "晚上"):
        return hour if hour >= 12 else hour + 12
    return 0 if half.startswith("a") and hour == 12 else hour
