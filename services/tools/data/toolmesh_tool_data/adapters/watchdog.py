"""Stops a query that runs too long, from one thread that lives as long as the process."""

import threading
from collections.abc import Callable


class Watchdog:
    """Calls `stop` of what it watches once the limit has passed."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._changed = threading.Condition()
        self._stop: Callable[[], None] | None = None
        threading.Thread(target=self._guard, daemon=True).start()

    def watch(self, stop: Callable[[], None]) -> None:
        """Starts the time of one query."""
        with self._changed:
            self._stop = stop
            self._changed.notify()

    def rest(self) -> None:
        """The query has ended."""
        with self._changed:
            self._stop = None
            self._changed.notify()

    def _guard(self) -> None:
        with self._changed:
            while True:
                watched = self._stop
                if watched is None:
                    self._changed.wait()
                elif not self._changed.wait_for(lambda seen=watched: self._stop is not seen, self._limit_s):  # type: ignore[misc]
                    watched()
                    self._stop = None
