"""What a tool says of itself, and what makes it acceptable."""

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from toolmesh_core.errors import InvalidInput
from toolmesh_core.json_schema import JsonSchema

NAME_PATTERN = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MOST_SCHEMA_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """A tool as its service describes it; the fields are those of toolmesh.tool.v1.Tool.

    Attributes:
        timeout_s: the longest one call may take; None means the router's default.
        result_only: it sends neither progress nor partial output.
        cost_usd: the most that one call costs, in US dollars; over 0, it spends.
    """

    name: str
    description: str
    arguments_schema_json: str
    output_schema_json: str = ""
    idempotent: bool = False
    read_only: bool = False
    needs_approval: bool = False
    timeout_s: float | None = None
    tags: tuple[str, ...] = ()
    version: str = ""
    examples: tuple[str, ...] = ()
    result_only: bool = False
    cost_usd: float = 0.0


def check_definitions(service: str, definitions: Iterable[ToolDefinition]) -> None:
    """InvalidInput that lists everything wrong with a service's tools."""
    seen: set[str] = set()
    problems: list[str] = []
    for definition in definitions:
        problems += [f"tool {definition.name!r}: {problem}" for problem in _problems_of(definition)]
        if definition.name in seen:
            problems.append(f"tool {definition.name!r} is listed twice")
        seen.add(definition.name)
    if problems:
        raise InvalidInput(f"tool service {service!r}: {'; '.join(problems)}", field="tools", reason="BAD_TOOL")


def _problems_of(definition: ToolDefinition) -> Iterator[str]:
    if not NAME_PATTERN.fullmatch(definition.name):
        yield "its name must be 1 to 64 of letters, digits, '_' and '-'"
    if not definition.description.strip():
        yield "it has no description; say what it does and when to use it"
    if definition.timeout_s is not None and definition.timeout_s <= 0:
        yield f"its timeout must be over 0 s, got {definition.timeout_s:g}"
    if not 0 <= definition.cost_usd < math.inf:
        yield f"its cost must be 0 or more US dollars, got {definition.cost_usd:g}"
    yield from _schema_problems("arguments", definition.arguments_schema_json, must_be_object=True)
    if definition.output_schema_json:
        yield from _schema_problems("output", definition.output_schema_json, must_be_object=False)


def _schema_problems(what: str, text: str, *, must_be_object: bool) -> Iterator[str]:
    if len(text) > _MOST_SCHEMA_BYTES:
        yield f"its {what} schema has {len(text)} characters; at most {_MOST_SCHEMA_BYTES} are allowed"
        return
    try:
        schema = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        yield f"its {what} schema is not JSON: {error}"
        return
    if must_be_object and (not isinstance(schema, dict) or schema.get("type") != "object"):
        yield f'its {what} schema must have "type": "object"'
        return
    foreign = next(_foreign_references(schema), None)
    if foreign is not None:
        # Resolving it would let a tool make the router fetch any address.
        yield f"its {what} schema refers to {foreign!r}; only references that begin with '#' are allowed"
        return
    try:
        JsonSchema(schema)
    except InvalidInput as error:
        yield f"its {what} schema is {error.message}"


def _foreign_references(schema: Any) -> Iterator[str]:
    if isinstance(schema, list):
        for item in schema:
            yield from _foreign_references(item)
    elif isinstance(schema, dict):
        for key, value in schema.items():
            if key in ("$ref", "$dynamicRef", "$schema") and isinstance(value, str):
                if not value.startswith("#") and key != "$schema":
                    yield value
            else:
                yield from _foreign_references(value)
