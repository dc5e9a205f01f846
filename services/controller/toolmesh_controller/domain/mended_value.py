"""A second try by what a refusal says: "unknown currency '欧元能换': did you mean 欧元?" names a value inside the one
that it refuses. Only text that the call held already is taken over: a refusal cannot put words into a call."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from toolmesh_controller.domain.words import has_cjk

_LEAST_CHARS = 2
_MOST_CHARS = 60


def names_a_value(arguments: Any, error: str) -> bool:
    """Whether a refusal is about a text of the call, which it repeats."""
    values = arguments.values() if isinstance(arguments, Mapping) else ()
    return any(isinstance(value, str) and value and value in error for value in values)


def mended(arguments: Any, error: str) -> dict[str, Any] | None:
    """The arguments with the refused text cut down to the value that the refusal names; None where it names none."""
    if not isinstance(arguments, Mapping):
        return None
    for name, value in arguments.items():
        if isinstance(value, str) and len(value) <= _MOST_CHARS and value and value in error:
            named = _named_inside(value, error.replace(value, "\n"))
            if named:
                return {**arguments, name: named}
    return None


def _named_inside(value: str, said: str) -> str:
    """The longest stretch of whole words of a value that is said; a Chinese one of any characters."""
    return next((part for part in _stretches(value) if _is_said(part, said)), "")


def _stretches(value: str) -> Iterator[str]:
    pieces = list(value) if has_cjk(value) else value.split(" ")
    joint = "" if has_cjk(value) else " "
    for size in range(len(pieces) - 1, 0, -1):
        for start in range(len(pieces) - size + 1):
            part = joint.join(pieces[start : start + size])
            if len(part) >= _LEAST_CHARS:
                yield part


def _is_said(part: str, said: str) -> bool:
    return part in said if has_cjk(part) else re.search(rf"\b{re.escape(part)}\b", said) is not None
