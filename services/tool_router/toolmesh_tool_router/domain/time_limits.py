"""How long a call and each of its tries may take."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AttemptLimit:
    """Seconds for one try, and whether the tool is to blame for using them up: not where the caller was in a hurry."""

    seconds: float
    is_tools_own: bool


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """Limits in seconds.

    Attributes:
        default_tool_s: for a tool that declares none.
        whole_call_s: for a caller without a deadline, waits and retries included.
        margin_s: kept back of the caller's time, so that the typed error reaches it before its own deadline does.
    """

    default_tool_s: float
    whole_call_s: float
    margin_s: float = 0.2

    def of_call(self, remaining_s: float | None) -> float:
        """Seconds for the whole call, from what the caller has left."""
        if remaining_s is None:
            return self.whole_call_s
        return remaining_s - min(self.margin_s, remaining_s / 10)

    def of_attempt(self, tool_s: float | None, left_s: float) -> AttemptLimit:
        """The limit of one try, from the tool's own limit and what is left of the call."""
        own_s = self.default_tool_s if tool_s is None else tool_s
        return AttemptLimit(min(own_s, left_s), is_tools_own=own_s <= left_s)
