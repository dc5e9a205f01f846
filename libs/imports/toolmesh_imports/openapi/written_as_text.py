"""Numbers and booleans that a document writes as text, as converters of formats leave them: "50" for 50."""

import re
from typing import Any

_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_FLAGS = {"true": True, "false": False}


def number_of(value: Any) -> int | float | None:
    """The number that is meant, None where none is."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return int(value) if _WHOLE.fullmatch(value) else float(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def flag_of(value: Any) -> bool | None:
    """The boolean that is meant, None where none is."""
    return _FLAGS.get(value) if isinstance(value, str) else value if isinstance(value, bool) else None


def meant_by(value: Any, schema_type: Any) -> Any:
    """A default, example or choice as its schema's type wants it; unchanged where the text says nothing of the type."""
    if not isinstance(value, str):
        return value
    if schema_type == "boolean":
        return _FLAGS.get(value, value)
    if schema_type == "number" or (schema_type == "integer" and _WHOLE.fullmatch(value)):
        number = number_of(value)
        return value if number is None else number
    return value
