"""What a tool may know about the call it serves."""

import math
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class ToolContext(Generic[S]):
    """For whom and until when a call is made; the platform sets it, so a tool may trust it.

    Attributes:
        user, session, run, call_id, request_id: empty where unknown.
        deadline: of `time.monotonic()`; infinite where there is none.
        state: what the process opened at its start, or its settings where it opened nothing.
    """

    user: str = ""
    session: str = ""
    run: str = ""
    call_id: str = ""
    request_id: str = ""
    deadline: float = math.inf
    state: S = field(default=None)  # type: ignore[assignment]  # a test that needs no state gives none
    _cancelled: threading.Event = field(default_factory=threading.Event, repr=False)

    def remaining_s(self) -> float:
        """Seconds left for this call; a tool that loops stops by itself before they are over."""
        return max(0.0, self.deadline - time.monotonic())

    @property
    def cancelled(self) -> bool:
        """The caller went or time is up: nobody waits for the result any more."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Tells the tool that nobody waits any more; the servicer calls it."""
        self._cancelled.set()


def is_context(annotation: Any) -> bool:
    """Whether a parameter's annotation asks for the context."""
    return annotation is ToolContext or getattr(annotation, "__origin__", None) is ToolContext
