"""Arguments of a tool from the command line: `key=value` read as the tool's schema says, or one JSON object."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import typer


def arguments_of_json(text: str) -> dict[str, Any]:
    """The object; a usage error where it is none."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"is not JSON: {error}", param_hint="--arguments") from error
    if not isinstance(value, dict):
        raise typer.BadParameter('must be a JSON object such as {"a": 1}', param_hint="--arguments")
    return value


def arguments_of_pairs(pairs: Sequence[str], schema: Mapping[str, Any]) -> dict[str, Any]:
    """The values by name.

    Args:
        schema: the tool's JSON Schema; a property that can be a string takes the value as it is, any other one is read
            as JSON. What cannot be read stays text, and the platform says what it should have been.
    """
    properties = schema.get("properties")
    known = properties if isinstance(properties, Mapping) else {}
    return {name: _value_of(text, known.get(name)) for name, text in map(_split, pairs)}


def _split(pair: str) -> tuple[str, str]:
    name, equals, text = pair.partition("=")
    if not equals or not name:
        raise typer.BadParameter(f"{pair!r} is not key=value", param_hint="ARGUMENTS")
    return name, text


def _value_of(text: str, schema: object) -> Any:
    kind = schema.get("type") if isinstance(schema, Mapping) else None
    kinds = kind if isinstance(kind, list) else [kind]
    if "string" in kinds:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
