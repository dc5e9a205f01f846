"""Values of data sets that write everything as text, brought to the declared type."""

from collections.abc import Mapping
from typing import Any

import orjson

_FLAGS = {"true": True, "yes": True, "false": False, "no": False}


class Untypable(ValueError):
    """A value that cannot be of its declared type, such as "country" for an integer."""


def typed(value: Any, schema: Mapping[str, Any]) -> Any:
    """The value as the schema's type wants it. Raises Untypable where it cannot be."""
    kind = schema.get("type", "string")
    if kind == "string":
        return value if isinstance(value, str) else orjson.dumps(value).decode()
    if kind == "boolean":
        flag = value if isinstance(value, bool) else _FLAGS.get(str(value).strip().lower())
        if flag is None:
            raise Untypable(f"{value!r} is no boolean")
        return flag
    if kind in ("integer", "number"):
        return _number(value, kind)
    return _compound(value, kind)


def _number(value: Any, kind: str) -> int | float:
    try:
        number = float(str(value).replace(",", "").strip().lstrip("$").rstrip("%"))
    except ValueError as error:
        raise Untypable(f"{value!r} is no {kind}") from error
    if number == int(number):
        return int(number)
    if kind == "integer":
        raise Untypable(f"{value!r} is no integer")
    return number


def _compound(value: Any, kind: str) -> Any:
    if isinstance(value, list if kind == "array" else dict):
        return value
    if kind == "array" and isinstance(value, str):
        return [part.strip() for part in value.strip("[]").split(",") if part.strip()]
    raise Untypable(f"{value!r} is no {kind}")
