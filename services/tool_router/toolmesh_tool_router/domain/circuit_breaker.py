"""Stops calls to a tool service that keeps failing, and lets one through now and then to see if it has recovered."""

from dataclasses import dataclass
from enum import Enum


class BreakerState(Enum):
    """Closed lets all calls through, open none, half-open one."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


@dataclass
class CircuitBreaker:
    """Opens after failures in a row. `now` is seconds of a monotonic clock.

    Attributes:
        failures_to_open: failures in a row that open it.
        open_s: seconds that it stays open before it lets a trial through.
    """

    failures_to_open: int
    open_s: float
    _failures: int = 0
    _opened_at: float | None = None
    _trial_running: bool = False

    def state(self, now: float) -> BreakerState:
        """The state at a moment."""
        if self._opened_at is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now < self._opened_at + self.open_s else BreakerState.HALF_OPEN

    def admit(self, now: float) -> bool:
        """Whether a call may go now. One that was admitted must be told how it ended."""
        if self._opened_at is None:
            return True
        if self.state(now) is BreakerState.OPEN or self._trial_running:
            return False
        self._trial_running = True
        return True

    def succeeded(self) -> None:
        """An admitted call was answered."""
        self._failures = 0
        self._opened_at = None
        self._trial_running = False

    def failed(self, now: float) -> None:
        """An admitted call failed by the service's fault."""
        self._failures += 1
        if self._trial_running or self._failures >= self.failures_to_open:
            self._opened_at = now
        self._trial_running = False

    def abandoned(self) -> None:
        """An admitted call ended without telling anything of the service, as when its caller went."""
        self._trial_running = False

    def retry_after_s(self, now: float) -> float:
        """Seconds until the next trial."""
        return 0.0 if self._opened_at is None else max(0.0, self._opened_at + self.open_s - now)
