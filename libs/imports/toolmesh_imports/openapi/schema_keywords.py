"""Which keywords of a schema are kept, and how those of OpenAPI 3.0 are said in JSON Schema 2020-12 (as in 3.1)."""

from collections.abc import Mapping
from typing import Any

NUMBERS = frozenset(
    {
        *("multipleOf", "maximum", "minimum", "maxLength", "minLength", "maxItems", "minItems"),
        *("maxContains", "minContains", "maxProperties", "minProperties"),
    }
)
PLAIN = frozenset(
    {
        *("enum", "const", "default", "pattern", "format", "contentEncoding", "contentMediaType"),
        *("exclusiveMaximum", "exclusiveMinimum", "dependentRequired"),
    }
)
FLAGS = frozenset({"uniqueItems", "deprecated"})
TEXTS = frozenset({"title", "description"})
ONE_SCHEMA = frozenset(
    {
        *("not", "if", "then", "else", "items", "contains", "additionalProperties", "propertyNames"),
        *("unevaluatedItems", "unevaluatedProperties"),
    }
)
SCHEMA_LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
SCHEMA_MAPS = frozenset({"properties", "patternProperties", "dependentSchemas"})
"""What is in none of these is dropped: extensions, `xml`, `discriminator`, `$id`, `$anchor`, ..."""
TYPES = frozenset({"string", "number", "integer", "boolean", "object", "array", "null"})
BOUNDS = (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum"))
_ANNOTATIONS = frozenset({"title", "description", "default", "examples", "deprecated"})


def bounds_of_30(schema: dict[str, Any]) -> None:
    """`exclusiveMinimum: true` beside `minimum: 3` becomes `exclusiveMinimum: 3`; the same for the maximum."""
    for exclusive, inclusive in BOUNDS:
        if schema.get(exclusive) in (True, "true") and inclusive in schema:
            schema[exclusive] = schema.pop(inclusive)
        elif isinstance(schema.get(exclusive), bool | str):
            del schema[exclusive]


def nullable_of_30(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of `nullable: true`: null joins `type` and `enum`, or an `anyOf` where there is no type."""
    if not isinstance(schema.get("type"), str):
        constraints = {key: value for key, value in schema.items() if key not in _ANNOTATIONS}
        notes = {key: value for key, value in schema.items() if key in _ANNOTATIONS}
        return {**notes, "anyOf": [constraints, {"type": "null"}]} if constraints else schema
    schema["type"] = [schema["type"], "null"]
    if isinstance(schema.get("enum"), list) and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    return schema


def base64_of_30(schema: dict[str, Any], original: Mapping[str, Any]) -> None:
    """`format: byte` is said by `contentEncoding`."""
    if original.get("format") == "byte":
        del schema["format"]
        schema["contentEncoding"] = "base64"
