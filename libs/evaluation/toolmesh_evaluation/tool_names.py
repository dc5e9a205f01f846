"""Names and types of other people's tools, as the platform writes them."""

import re
from collections.abc import Mapping
from typing import Any

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")
_TYPES = {
    "str": "string",
    "string": "string",
    "int": "integer",
    "integer": "integer",
    "float": "number",
    "number": "number",
    "bool": "boolean",
    "boolean": "boolean",
    "list": "array",
    "dict": "object",
}


def safe_tool_name(name: str) -> str:
    """A tool's name as the platform allows it; the same name always becomes the same."""
    return _UNSAFE.sub("_", name)[:64]


def schema_of(parameters: Mapping[str, Mapping[str, str]], required: list[str]) -> dict[str, Any]:
    """A JSON Schema of {name: {type, description}}; `list(str)` is a list of texts, an unknown type is text."""
    properties = {
        name: {**_type_of(value.get("type", "")), "description": value.get("description", "")}
        for name, value in parameters.items()
    }
    return {"type": "object", "properties": properties, "required": required}


def _type_of(word: str) -> dict[str, Any]:
    found = re.fullmatch(r"list\((\w+)\)", word)
    if found:
        return {"type": "array", "items": _type_of(found[1])}
    return {"type": _TYPES.get(word, "string")}
