"""A value as the call writes it, and as a person says it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class SpokenValue:
    """`value` goes into the arguments, `text` into the request."""

    value: Any
    text: str


def said(value: Any) -> SpokenValue:
    """A value that is said as it is written."""
    return SpokenValue(value, str(value))
