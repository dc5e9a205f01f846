"""What a generator tool may yield before and as its result; plain text is partial output."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a call is.

    Attributes:
        fraction: 0 to 1, or 0 where the tool cannot say.
        message: one line for a person.
    """

    fraction: float = 0.0
    message: str = ""


@dataclass(frozen=True, slots=True)
class Result(Generic[T]):
    """The last thing an async generator tool yields, since it cannot return a value."""

    value: T
