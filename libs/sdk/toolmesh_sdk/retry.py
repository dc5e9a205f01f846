"""When a call is sent again: a bounded number of times, only where that does no harm."""

from dataclasses import dataclass

from toolmesh_core.errors import ResourceExhausted, ToolError, ToolMeshError, Unavailable


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how soon.

    Attributes:
        retries: the most times one call is sent again.
        first_delay_s: seconds before the first; each further one doubles it, up to max_delay_s.
        stream_retries: the most times in a row a broken stream of events is opened again without hearing anything.
    """

    retries: int = 3
    first_delay_s: float = 0.2
    max_delay_s: float = 5.0
    stream_retries: int = 8

    def delay_s(self, attempt: int) -> float:
        """Seconds to wait before sending again for the `attempt`-th time, from 0."""
        return min(self.first_delay_s * 2.0**attempt, self.max_delay_s)

    def delay_after(self, error: ToolMeshError | ToolError, attempt: int, *, repeatable: bool) -> float | None:
        """Seconds to wait after a failure, or None where the failure stands.

        Only what may be repeated is, and only after Unavailable (a lost connection, 503).
        """
        if not repeatable or attempt >= self.retries or not isinstance(error, Unavailable):
            return None
        return self.delay_s(attempt)

    def stream_delay_after(self, error: ToolMeshError, attempt: int) -> float | None:
        """The same for a stream of events, which is opened again after any failure that may pass."""
        if attempt >= self.stream_retries or not error.retryable:
            return None
        wanted = error.retry_after_s if isinstance(error, ResourceExhausted) else None
        return min(wanted, self.max_delay_s) if wanted is not None else self.delay_s(attempt)
