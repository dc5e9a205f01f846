"""When a call is tried again, and after how long."""

from dataclasses import dataclass

from toolmesh_core.errors import ToolMeshError, Unavailable
from toolmesh_tool_router.domain.call_events import ToolOutcome


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Only idempotent tools are tried again, and only where nothing of their output was passed on yet.

    Attributes:
        max_attempts: tries in all.
        first_delay_s, max_delay_s: the back-off doubles from the one to the other.
    """

    max_attempts: int = 3
    first_delay_s: float = 0.05
    max_delay_s: float = 1.0

    def delay_s(
        self, *, idempotent: bool, streamed: bool, attempt: int, remaining_s: float, jitter: float
    ) -> float | None:
        """Seconds to wait before the next try; None where there is to be none.

        Args:
            streamed: partial output has reached the caller and cannot be taken back.
            attempt: how many tries there were.
            jitter: 0 to 1, by chance, so that callers who failed together do not return together.
        """
        if not idempotent or streamed or attempt >= self.max_attempts:
            return None
        longest = min(self.max_delay_s, self.first_delay_s * 2 ** (attempt - 1))
        delay = longest * (0.5 + jitter / 2)
        return delay if delay < remaining_s else None


def is_worth_retrying(end: ToolOutcome | ToolMeshError) -> bool:
    """Whether the same call may end better: the service was down, or the tool itself says so."""
    if isinstance(end, ToolOutcome):
        return end.failure is not None and end.failure.retryable
    return isinstance(end, Unavailable)
