"""Keeps a foreign JSON Schema small: its texts short, its size and the work of checking a value by it bounded.

References may lead to schemas of the same document only, by a JSON pointer: what `$id`, anchors and dynamic references
mean cannot be bounded before it is followed, so they are taken out, and a reference that needed them is refused.
"""

import json
from collections.abc import Mapping
from typing import Any

from toolmesh_core.errors import InvalidInput
from toolmesh_core.json_schema import JsonSchema
from toolmesh_imports.mcp.schema_positions import Schema, applied, target_of, with_inner
from toolmesh_imports.openapi.texts import MAX_FIELD_CHARS, one_line

_LEFT_OUT = frozenset({"$anchor", "$comment", "$dynamicAnchor", "$id", "$schema", "$vocabulary", "id"})
_TEXTS = frozenset({"title", "description"})
_MAX_DEPTH = 40
_MAX_STEPS = 100
_MAX_WORK = 20_000


def bounded_schema(schema: Schema, most_chars: int, *, recursion: bool) -> tuple[dict[str, Any], JsonSchema]:
    """The schema with short texts and no comments, and compiled.

    Args:
        recursion: it may come back to itself in more than one place. The work of checking a value can then double
            with each level of the value, so who gives the value must not be who gave the schema.

    Raises:
        InvalidInput: BAD_SCHEMA, it is none, too large, too deep, or takes too much work to check a value by.
    """
    cleaned: dict[str, Any] = _cleaned(schema, 0)
    if len(compact(cleaned)) > most_chars:
        raise _bad(f"it has over {most_chars} characters")
    work = _Work(cleaned)
    if work.of(cleaned, 0) > _MAX_WORK:
        raise _bad("its references fan out too far for a value to be checked")
    if work.returns > 1 and not recursion:
        raise _bad("it comes back to itself in more than one place")
    return cleaned, JsonSchema(cleaned)


def compact(value: Any) -> str:
    """As JSON text."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _cleaned(schema: Any, depth: int) -> Any:
    if not isinstance(schema, Mapping):
        return schema
    if depth > _MAX_DEPTH:
        raise _bad(f"it is nested over {_MAX_DEPTH} deep")
    return {
        keyword: _text(value)
        if keyword in _TEXTS
        else with_inner(keyword, value, lambda inner: _cleaned(inner, depth + 1))
        for keyword, value in schema.items()
        if keyword not in _LEFT_OUT
    }


def _text(value: Any) -> str:
    return one_line(value, MAX_FIELD_CHARS) if isinstance(value, str) else ""


class _Work:
    """Counts the schemas that one value may be checked against: references that fan out double with each step.

    Attributes:
        returns: references back to a schema that they lie in; they go on only where the value itself goes deeper.
    """

    def __init__(self, root: Schema) -> None:
        self.returns = 0
        self._root = root
        self._known: dict[int, int] = {}
        self._open: set[int] = set()

    def of(self, schema: Any, depth: int) -> int:
        """The count for one schema."""
        if not isinstance(schema, Mapping):
            return 1
        if id(schema) in self._open:
            self.returns += 1
            return 1
        if id(schema) not in self._known:
            self._open.add(id(schema))
            self._known[id(schema)] = 1 + sum(self.of(inner, depth + 1) for inner in self._next(schema, depth))
            self._open.discard(id(schema))
        return self._known[id(schema)]

    def _next(self, schema: Schema, depth: int) -> list[Any]:
        if depth > _MAX_STEPS:
            raise _bad("its references lead too far")
        if "$dynamicRef" in schema or "$recursiveRef" in schema:
            raise _bad("it has a dynamic reference")
        inner = list(applied(schema))
        if "$ref" in schema:
            try:
                inner.append(target_of(self._root, schema["$ref"]))
            except LookupError as error:
                raise _bad(f"the reference {one_line(str(schema['$ref']), 100)!r} leads to no schema in it") from error
        return inner


def _bad(why: str) -> InvalidInput:
    return InvalidInput(f"not a usable JSON Schema: {why}", reason="BAD_SCHEMA")
