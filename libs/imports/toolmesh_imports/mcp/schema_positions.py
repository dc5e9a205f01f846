"""Where schemas lie inside a JSON Schema (draft 2020-12), and where a reference leads."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

_BY_NAME = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
_IN_LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems", "items"})
_SINGLE = frozenset(
    {
        "additionalProperties",
        "contains",
        "contentSchema",
        "else",
        "if",
        "items",
        "not",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    }
)
_ONLY_DEFINED = frozenset({"$defs", "definitions"})

Schema = Mapping[str, Any]


def with_inner(keyword: str, value: Any, change: Callable[[Any], Any]) -> Any:
    """A keyword's value with each schema in it changed."""
    if keyword in _BY_NAME and isinstance(value, Mapping):
        return {name: change(inner) for name, inner in value.items()}
    if keyword in _IN_LISTS and isinstance(value, list):
        return [change(inner) for inner in value]
    return change(value) if keyword in _SINGLE else value


def applied(schema: Schema) -> Iterator[Any]:
    """The schemas inside one that values are checked against; those that are only defined are not among them."""
    for keyword, value in schema.items():
        if keyword in _ONLY_DEFINED:
            continue
        if keyword in _BY_NAME and isinstance(value, Mapping):
            yield from value.values()
        elif keyword in _IN_LISTS and isinstance(value, list):
            yield from value
        elif keyword in _SINGLE:
            yield value


def target_of(root: Schema, reference: Any) -> Any:
    """The schema that a reference leads to.

    Raises:
        LookupError: it leads outside the document, nowhere, or to what is no schema.
    """
    if reference == "#":
        return root
    if not isinstance(reference, str) or not reference.startswith("#/"):
        raise LookupError(reference)
    found: Any = root
    steps = iter(unquote(step).replace("~1", "/").replace("~0", "~") for step in reference[2:].split("/"))
    for keyword in steps:
        found = _inner(found, keyword, steps)
    return found


def _inner(schema: Any, keyword: str, steps: Iterator[str]) -> Any:
    if not isinstance(schema, Mapping) or keyword not in schema:
        raise LookupError(keyword)
    value = schema[keyword]
    if keyword in _BY_NAME and isinstance(value, Mapping):
        return value[next(steps, "")]
    if keyword in _IN_LISTS and isinstance(value, list):
        step = next(steps, "")
        if not step.isdecimal() or len(step) > 6:
            raise LookupError(step)
        return value[int(step)]
    if keyword in _SINGLE:
        return value
    raise LookupError(keyword)
