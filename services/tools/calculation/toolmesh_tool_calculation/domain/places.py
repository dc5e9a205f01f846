"""Finds the time zone of a place: a zone's name, a city, a country with one zone, an abbreviation, or an offset."""

import difflib
import functools
import re
import unicodedata
from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, available_timezones

from toolmesh_core.errors import ToolError
from toolmesh_tool_calculation.domain.place_names import AMBIGUOUS, ZONE_OF_PLACES

_OFFSET = re.compile(r"(?:utc|gmt)?\s*([+-])\s*(\d{1,2})(?::?(\d{2}))?")
_REGIONS = (
    "Africa/",
    "America/",
    "Antarctica/",
    "Arctic/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
)


def find_zone(place: str) -> tuple[str, tzinfo]:
    """The zone's name and the zone.

    Raises:
        ToolError: UNKNOWN_PLACE with names that look alike, AMBIGUOUS_PLACE with the choices.
    """
    cleaned = _cleaned(place)
    if cleaned in AMBIGUOUS:
        raise ToolError(f"{place!r} has several time zones: say {AMBIGUOUS[cleaned]}", reason="AMBIGUOUS_PLACE")
    if match := _OFFSET.fullmatch(cleaned):
        return _fixed(match, place)
    zone = _zones().get(cleaned) or _zones().get(cleaned.split(",")[0].strip())
    if zone is None:
        raise _unknown(place, cleaned)
    return ("UTC" if zone == "Etc/UTC" else zone), ZoneInfo(zone)


def _cleaned(place: str) -> str:
    text = unicodedata.normalize("NFKC", place).strip().strip(".?").lower().replace("_", " ")
    text = re.sub(r"^(the )?(city of )?", "", text)
    return (
        re.sub(r"( city time| time zone| timezone| standard time| time|市|的?时间|时区)$", "", text)
        if text not in _zones()
        else text
    )


@functools.cache
def _zones() -> dict[str, str]:
    """Every way to name a zone that is known, in lower case."""
    found: dict[str, str] = {}
    for zone in sorted(available_timezones()):
        if zone.startswith(_REGIONS):
            found.setdefault(zone.rsplit("/", 1)[1].replace("_", " ").lower(), zone)
        found[zone.replace("_", " ").lower()] = zone
    for zone, names in ZONE_OF_PLACES.items():
        found.update(dict.fromkeys(names.split("|"), zone))
    return found


def _fixed(match: re.Match[str], place: str) -> tuple[str, tzinfo]:
    hours, minutes = int(match[2]), int(match[3] or 0)
    if hours > 14 or minutes > 59:
        raise ToolError(f"{place!r} is no offset that exists: use -12:00 to +14:00", reason="UNKNOWN_PLACE")
    span = timedelta(hours=hours, minutes=minutes) * (1 if match[1] == "+" else -1)
    return f"UTC{match[1]}{hours:02}:{minutes:02}", timezone(span)


def _unknown(place: str, cleaned: str) -> ToolError:
    close = difflib.get_close_matches(cleaned, _zones(), n=3, cutoff=0.75)
    hint = f"did you mean {', '.join(close)}?" if close else "name a large city nearby, or a zone such as Europe/Paris"
    return ToolError(f"unknown place {place[:60]!r}: {hint}", reason="UNKNOWN_PLACE")


def offset_text(moment: datetime) -> str:
    """The offset of an aware time: "UTC+05:30"."""
    seconds = int((moment.utcoffset() or timedelta()).total_seconds())
    hours, rest = divmod(abs(seconds), 3600)
    return f"UTC{'-' if seconds < 0 else '+'}{hours:02}:{rest // 60:02}"
