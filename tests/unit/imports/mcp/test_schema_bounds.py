"""Foreign schemas: what is taken, and what would cost too much."""

from typing import Any

import pytest

from toolmesh_core.errors import InvalidInput
from toolmesh_imports.mcp.schema_bounds import bounded_schema

OBJECT = {"type": "object"}
TREE = {**OBJECT, "properties": {"children": {"type": "array", "items": {"$ref": "#"}}}}


def deep(levels: int) -> dict[str, Any]:
    """A schema of so many levels."""
    schema: dict[str, Any] = {}
    for _ in range(levels):
        schema = {"items": schema}
    return schema


def test_a_schema_may_come_back_to_itself() -> None:
    _, compiled = bounded_schema(TREE, 1000, recursion=False)
    assert compiled.is_valid({"children": [{"children": []}]})
    assert not compiled.is_valid({"children": [7]})


def test_a_schema_that_doubles_with_each_level_of_a_value_is_only_for_values_of_others() -> None:
    twice = {"allOf": [{"$ref": "#"}, {"$ref": "#"}]}
    schema = {**OBJECT, "properties": {"a": twice}}
    bounded_schema(schema, 1000, recursion=True)
    with pytest.raises(InvalidInput, match="in more than one place"):
        bounded_schema(schema, 1000, recursion=False)


def test_a_reference_is_followed_by_its_pointer() -> None:
    schema = {"$ref": "#/$defs/a~1b%20c", "$defs": {"a/b c": {"anyOf": [{"$ref": "#/$defs/a~1b%20c/anyOf/1"}, OBJECT]}}}
    assert bounded_schema(schema, 1000, recursion=True)[1].is_valid({})


def test_a_reference_means_the_same_to_the_count_and_to_the_check() -> None:
    inner = {"$id": "http://x/a", "$ref": "#/$defs/b", "$defs": {"b": {"type": "string"}}}
    schema = {"$ref": "#/$defs/a", "$defs": {"a": inner, "b": OBJECT}}
    assert bounded_schema(schema, 1000, recursion=True)[1].is_valid({})


def fans_out(start: dict[str, Any], step: str) -> dict[str, Any]:
    """Each of 40 definitions refers twice to the next one."""
    definitions = {f"l{n}": {"allOf": [{"$ref": step.format(n + 1)}] * 2, **start} for n in range(40)}
    return {"$ref": step.format(0), "$defs": {**definitions, "l40": {}}}


@pytest.mark.parametrize(
    "schema",
    [
        fans_out({}, "#/$defs/l{}"),
        fans_out({}, "#/%24defs/l{}"),
        {"$id": "http://x/y", **fans_out({}, "http://x/y#/$defs/l{}")},
        {"$defs": {"a": {"$anchor": "a"}}, "$ref": "#a"},
        {"$dynamicRef": "#"},
        {"$ref": "#/$defs/nowhere"},
        {"$ref": "#/enum/0", "enum": [OBJECT]},
        {"$ref": "#/allOf/99999999999999999999", "allOf": [{}]},
        {"$ref": 7},
        {"$ref": "file:///etc/passwd"},
        deep(60),
        {"enum": ["x" * 2000]},
        {"type": "nothing"},
        {"pattern": "("},
        {"properties": 7},
    ],
)
def test_a_schema_that_is_none_or_costs_too_much_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as raised:
        bounded_schema(schema, 20_000 if "$defs" in schema else 1000, recursion=True)
    assert raised.value.reason == "BAD_SCHEMA"


def test_a_pattern_that_never_ends_elsewhere_ends_here() -> None:
    _, compiled = bounded_schema({"pattern": "^(a+)+$"}, 1000, recursion=True)
    assert not compiled.is_valid("a" * 5000 + "b")
