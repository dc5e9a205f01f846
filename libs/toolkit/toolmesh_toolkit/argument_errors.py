"""Pydantic's errors as lines that an LLM can act on: which argument, what it must be, what it was."""

import json
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from toolmesh_core.errors import InvalidInput

_LONGEST_VALUE = 80


def invalid_arguments(tool: str, error: ValidationError, known: Iterable[str]) -> InvalidInput:
    """One error that lists all bad arguments; its field is the first of them.

    Args:
        known: the arguments that the tool takes.
    """
    items = error.errors(include_url=False, include_context=False)
    lines = [line_of(item, "argument", known) for item in items]
    first = ".".join(str(part) for part in items[0]["loc"])
    return InvalidInput(f"tool {tool!r}: {'; '.join(lines)}", field=first or "arguments_json", reason="BAD_ARGUMENTS")


def line_of(item: Any, noun: str, known: Iterable[str] = ()) -> str:
    """One of pydantic's errors as a sentence: `argument "a" must be a valid integer, got "ten"`.

    Args:
        item: of `ValidationError.errors()`.
        noun: what a part of the value is called.
        known: the arguments that the tool takes.
    """
    path = ".".join(str(part) for part in item["loc"])
    match item["type"]:
        case "json_invalid":
            return f"the arguments are not JSON ({item['msg']})"
        case "dataclass_type":
            return f"the arguments must be a JSON object, got {_shown(item['input'])}"
        case "missing":
            return f'argument "{path}" is missing'
        case "unexpected_keyword_argument":
            return f'argument "{path}" is unknown; the arguments are {", ".join(known) or "none"}'
    message = item["msg"].removeprefix("Value error, ").removeprefix("Input ").replace("should", "must", 1)
    subject = f'{noun} "{path}"' if path else f"the {noun}"
    return f"{subject} {message}, got {_shown(item['input'])}"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."
