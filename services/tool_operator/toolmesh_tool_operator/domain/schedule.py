"""Which Tool is to be looked at when: soon after a change, later and later after failures, now and then anyway."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
_GATHER_S = 0.2
_MOST_WAIT_S = 300.0


@dataclass(slots=True)
class _Turn:
    due_at: float
    failures: int = 0
    running: bool = False
    again: bool = False


@dataclass
class Schedule(Generic[K]):
    """Turns by key; one key never has two turns at the same time. Times are seconds of a monotonic clock.

    Args:
        resync_s: a key whose turn went well is due again after this long.
        first_wait_s: wait after a first failure; doubles with each further one, to five minutes.
    """

    resync_s: float
    first_wait_s: float = 1.0
    _turns: dict[K, _Turn] = field(default_factory=dict)

    def changed(self, key: K, now: float) -> None:
        """Its owner changed it: due at once, and earlier failures no longer count."""
        turn = self._turns.setdefault(key, _Turn(now))
        turn.failures = 0
        self._soon(turn, now)

    def touched(self, key: K, now: float) -> None:
        """Something of it moved: due soon, but a key that waits after a failure goes on waiting."""
        turn = self._turns.setdefault(key, _Turn(now + _GATHER_S))
        if not turn.failures:
            self._soon(turn, now + _GATHER_S)

    def forget(self, key: K) -> None:
        """It is gone."""
        self._turns.pop(key, None)

    def take(self, now: float) -> list[K]:
        """The keys that are due; each must be given back by `done` or `failed`."""
        due = [key for key, turn in self._turns.items() if not turn.running and turn.due_at <= now]
        for key in due:
            self._turns[key].running = True
        return due

    def done(self, key: K, now: float, again_in_s: float | None = None) -> None:
        """Its turn went well."""
        turn = self._turns.get(key)
        if turn is not None:
            turn.failures = 0
            self._end(turn, now + (self.resync_s if again_in_s is None else again_in_s), now)

    def failed(self, key: K, now: float) -> None:
        """Its turn went wrong."""
        turn = self._turns.get(key)
        if turn is not None:
            wait_s = min(self.first_wait_s * 2**turn.failures, _MOST_WAIT_S)
            turn.failures += 1
            self._end(turn, now + wait_s, now)

    def next_due(self) -> float | None:
        """When the next turn is due; None where nothing waits."""
        return min((turn.due_at for turn in self._turns.values() if not turn.running), default=None)

    def _soon(self, turn: _Turn, due_at: float) -> None:
        if turn.running:
            turn.again = True
        else:
            turn.due_at = min(turn.due_at, due_at)

    def _end(self, turn: _Turn, due_at: float, now: float) -> None:
        # What changed during a turn may not have been seen by it.
        turn.due_at = min(due_at, now + _GATHER_S) if turn.again and not turn.failures else due_at
        turn.running = turn.again = False
