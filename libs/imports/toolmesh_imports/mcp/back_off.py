"""How long to wait before a server is tried again."""

from dataclasses import dataclass, field

from toolmesh_core.clock import Clock, SystemClock


@dataclass(slots=True)
class BackOff:
    """Waits that double from the first to the last, and start anew after a session that lasted longer than the last.

    Attributes:
        first_s, last_s: seconds.
    """

    first_s: float
    last_s: float
    clock: Clock = field(default_factory=SystemClock)
    _next_s: float = 0.0
    _opened_at: float | None = None

    def opened(self) -> None:
        """A session has begun."""
        self._opened_at = self.clock.monotonic()

    def wait_s(self) -> float:
        """Seconds to wait now that the session is over, or could not begin."""
        if self._opened_at is not None and self.clock.monotonic() - self._opened_at > self.last_s:
            self._next_s = 0.0
        self._opened_at = None
        wait_s = self._next_s or self.first_s
        self._next_s = min(wait_s * 2, self.last_s)
        return min(wait_s, self.last_s)
