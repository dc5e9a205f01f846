"""Timestamps and durations as text, in the shapes of proto3 JSON."""

import re
from datetime import UTC, datetime, timedelta

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_DURATION_S = 315_576_000_000
_DURATION = re.compile(r"(-?)(\d{1,12})(?:\.(\d{1,9}))?s\Z", re.ASCII)
_TIMESTAMP = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))\Z", re.ASCII
)


def duration_text(duration: Duration) -> str:
    """Seconds with as many decimals as needed: "1.5s"."""
    seconds, nanos = duration.seconds, duration.nanos
    sign = "-" if seconds < 0 or nanos < 0 else ""
    return f"{sign}{abs(seconds)}{_fraction(abs(nanos))}s"


def timestamp_text(timestamp: Timestamp) -> str:
    """RFC 3339 in UTC with as many decimals as needed."""
    moment = _EPOCH + timedelta(seconds=timestamp.seconds)
    return f"{moment.isoformat()[:19]}{_fraction(timestamp.nanos)}Z"


def read_duration(text: str, into: Duration) -> None:
    """Fills a Duration from "1.5s". Raises ValueError, whose text says the shape."""
    match = _DURATION.match(text)
    if match is None:
        raise ValueError('must be seconds with an "s", such as "1.5s"')
    sign = -1 if match[1] else 1
    seconds, nanos = int(match[2]), int((match[3] or "").ljust(9, "0"))
    if seconds > _MAX_DURATION_S:
        raise ValueError("must be less than 10,000 years")
    into.seconds, into.nanos = sign * seconds, sign * nanos
    # A message of zeros is still a message that was given.
    into.SetInParent()


def read_timestamp(text: str, into: Timestamp) -> None:
    """Fills a Timestamp from RFC 3339. Raises ValueError, whose text says the shape."""
    match = _TIMESTAMP.match(text)
    if match is None:
        raise ValueError('must be an RFC 3339 time, such as "2030-01-31T12:00:00Z"')
    moment = datetime.fromisoformat(f"{match[1]}T{match[2]}+00:00")
    if match[4]:
        offset = timedelta(hours=int(match[5]), minutes=int(match[6]))
        try:
            moment = moment - offset if match[4] == "+" else moment + offset
        except OverflowError as error:
            raise ValueError("must lie in the years 1 to 9999") from error
    into.seconds = (moment - _EPOCH) // timedelta(seconds=1)
    into.nanos = int((match[3] or "").ljust(9, "0"))
    into.SetInParent()


def _fraction(nanos: int) -> str:
    return f".{nanos:09d}".rstrip("0") if nanos else ""
