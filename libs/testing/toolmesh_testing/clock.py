"""A clock that moves only when told."""

from datetime import UTC, datetime, timedelta


class FakeClock:
    """Stands at a moment until advanced."""

    def __init__(self, now: datetime = datetime(2030, 1, 1, tzinfo=UTC)) -> None:
        self._now = now
        self._monotonic = 1000.0

    def now(self) -> datetime:
        """The wall clock, in UTC and aware of it."""
        return self._now

    def monotonic(self) -> float:
        """Seconds from some moment."""
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Moves both forward."""
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds
