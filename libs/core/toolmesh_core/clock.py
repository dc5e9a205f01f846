"""Time as a part that can be passed in."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the time is."""

    def now(self) -> datetime:
        """The wall clock, in UTC and aware of it."""
        ...

    def monotonic(self) -> float:
        """Seconds from some moment; never goes back."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The wall clock, in UTC and aware of it."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds from some moment; never goes back."""
        return time.monotonic()
