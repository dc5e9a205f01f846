"""How many calls may be made: rates and calls at a time, counted by tool, user or key."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from toolmesh_core.errors import ResourceExhausted
from toolmesh_tool_router.domain.policy.rule import Selector

_MOST_COUNTS = 10_000


@dataclass(frozen=True, slots=True)
class Limit:
    """A bound on the calls that its selector fits.

    Attributes:
        per: of "tool", "user" and "key": each has a count of its own; none: all share one.
        rate_per_s, burst: calls a second in the long run, and at once after a pause; None: as many as come.
        concurrent: calls that run or wait at a time; None: as many as come.
    """

    name: str
    selector: Selector
    per: frozenset[str] = frozenset()
    rate_per_s: float | None = None
    burst: int = 1
    concurrent: int | None = None

    def shared_by(self, tool: str, user: str, key: str) -> "Shared":
        """Whose calls are counted together with this one's: the limit's name, tool, user, key."""
        per = self.per
        return (
            self.name,
            tool if "tool" in per else "",
            user if "user" in per else "",
            key if "key" in per else "",
        )


Shared = tuple[str, str, str, str]


@dataclass(slots=True)
class _Count:
    tokens: float
    updated: float
    running: int = 0

    def refill(self, limit: Limit, now: float) -> None:
        gained = max(0.0, now - self.updated) * (limit.rate_per_s or 0.0)
        self.tokens = min(float(limit.burst), self.tokens + gained)
        self.updated = now


@dataclass
class Places:
    """What a call takes up of its limits until it is over."""

    _counts: list[_Count] = field(default_factory=list)

    def leave(self) -> None:
        """The call is over. A second time does nothing."""
        while self._counts:
            self._counts.pop().running -= 1


class LimitBook:
    """The counts of all limits. `now` is seconds of a monotonic clock."""

    def __init__(self) -> None:
        self._limits: dict[str, Limit] = {}
        self._counts: dict[Shared, _Count] = {}

    def use(self, limits: Iterable[Limit]) -> None:
        """Takes these limits from now on; the counts of one that did not change go on."""
        before, self._limits = self._limits, {limit.name: limit for limit in limits}
        for shared in list(self._counts):
            if before.get(shared[0]) != self._limits.get(shared[0]):
                del self._counts[shared]

    def enter(self, limits: Iterable[Limit], tool: str, user: str, key: str, now: float) -> Places:
        """Takes a place of each limit, or of none.

        Raises:
            ResourceExhausted: a limit is reached; reason POLICY_LIMIT, metadata "rule" names it.
        """
        found = [(limit, self._count(limit, limit.shared_by(tool, user, key), now)) for limit in limits]
        for limit, count in found:
            _check(limit, count, tool)
        for limit, count in found:
            count.running += 1
            if limit.rate_per_s is not None:
                count.tokens -= 1.0
        return Places([count for _, count in found])

    def _count(self, limit: Limit, shared: Shared, now: float) -> _Count:
        count = self._counts.get(shared)
        if count is None:
            if len(self._counts) >= _MOST_COUNTS:
                self._drop_idle(now)
            count = self._counts[shared] = _Count(float(limit.burst), now)
        count.refill(limit, now)
        return count

    def _drop_idle(self, now: float) -> None:
        """A count that is as good as new need not be kept."""
        for shared, count in list(self._counts.items()):
            limit = self._limits[shared[0]]
            count.refill(limit, now)
            if not count.running and count.tokens >= limit.burst:
                del self._counts[shared]


def _check(limit: Limit, count: _Count, tool: str) -> None:
    if limit.concurrent is not None and count.running >= limit.concurrent:
        raise _reached(limit, tool, f"{limit.concurrent} of its calls run, which is the most", 1.0)
    if limit.rate_per_s is not None and count.tokens < 1.0:
        wait_s = (1.0 - count.tokens) / limit.rate_per_s
        raise _reached(limit, tool, f"the next call may be made in {wait_s:.3g} s", wait_s)


def _reached(limit: Limit, tool: str, how: str, wait_s: float) -> ResourceExhausted:
    return ResourceExhausted(
        f"limit {limit.name!r} of the policy is reached for tool {tool!r}: {how}",
        reason="POLICY_LIMIT",
        retry_after_s=round(wait_s, 3),
        metadata={"rule": limit.name},
    )
