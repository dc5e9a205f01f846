"""What the decorator can be told of a tool, checked when it is told."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Example:
    """A request in plain language, with the arguments that serve it.

    Attributes:
        request: what a person would say.
        arguments: valid arguments of the tool, as JSON values.
    """

    request: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolOptions:
    """The options of @tool, which says what each means.

    Raises:
        TypeError, ValueError: one of them is bad; the message names it and says what to write.
    """

    name: str
    idempotent: bool = False
    read_only: bool = False
    needs_approval: bool = False
    timeout: timedelta | None = None
    tags: Sequence[str] = ()
    examples: Sequence[str | Example] = ()
    version: str = ""
    cost: float = 0.0

    def __post_init__(self) -> None:
        """Checks them."""
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"tool name {self.name!r} must be 1 to 64 of letters, digits, '_' and '-'")
        for option in ("tags", "examples"):
            if isinstance(getattr(self, option), str):
                raise TypeError(f"tool {self.name!r}: {option} must be a list, such as [{getattr(self, option)!r}]")
        if self.timeout is not None:
            self._check_timeout(self.timeout)
        if not _is_amount(self.cost):
            raise ValueError(
                f"tool {self.name!r}: cost must be the US dollars of one call, 0 or more, got {self.cost!r}"
            )

    def _check_timeout(self, timeout: Any) -> None:
        if not isinstance(timeout, timedelta):
            raise TypeError(f"tool {self.name!r}: timeout must be a timedelta, such as timedelta(seconds=5)")
        if timeout <= timedelta():
            raise ValueError(f"tool {self.name!r}: timeout must be over 0 s, got {timeout.total_seconds():g}")


def _is_amount(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf
