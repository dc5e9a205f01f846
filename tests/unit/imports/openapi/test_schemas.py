"""What becomes of schemas: JSON Schema 2020-12 that stands alone."""

from typing import Any

import pytest

from toolmesh_core.errors import InvalidInput

from .documents import body, one_tool, parameter, schema_of


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": "string", "nullable": False}, {"type": "string"}),
        (
            {"type": "string", "nullable": True, "enum": ["a"]},
            {"type": ["string", "null"], "enum": ["a", None]},
        ),
        (
            {"nullable": True, "description": "d", "allOf": [{"type": "string"}]},
            {"description": "d", "anyOf": [{"allOf": [{"type": "string"}]}, {"type": "null"}]},
        ),
        ({"type": "number", "minimum": 1, "exclusiveMinimum": True}, {"type": "number", "exclusiveMinimum": 1}),
        ({"type": "number", "maximum": 9, "exclusiveMaximum": False}, {"type": "number", "maximum": 9}),
        ({"type": "string", "example": "x"}, {"type": "string", "examples": ["x"]}),
        ({"type": "string", "format": "byte"}, {"type": "string", "contentEncoding": "base64"}),
    ],
)
def test_what_30_says_in_its_own_way_is_said_as_in_31(before: Any, after: Any) -> None:
    assert schema_of(before, openapi="3.0.3") == after


@pytest.mark.parametrize(
    "schema",
    [
        {"type": ["string", "null"], "examples": ["x"]},
        {"type": "integer", "exclusiveMinimum": 1, "default": 2, "enum": [2, 3]},
        {"oneOf": [{"type": "string"}, {"type": "array", "items": {"const": 1}}]},
        {"anyOf": [{"type": "string"}, {"not": {"type": "null"}}], "title": "t", "description": "d"},
        {"type": "object", "properties": {"example": {"type": "string"}}, "additionalProperties": False},
        {"type": "array", "prefixItems": [True, {"type": "string"}], "minItems": 1, "uniqueItems": True},
        {"type": "object", "patternProperties": {"^x": {"type": "string"}}, "required": ["xa"]},
    ],
)
def test_what_31_says_stays_as_it_is(schema: Any) -> None:
    assert schema_of(schema) == schema


def test_what_is_no_json_schema_is_dropped() -> None:
    schema = {"type": "string", "xml": {}, "x-own": 1, "externalDocs": {}, "$id": "http://a.test/", "$comment": "c"}
    assert schema_of(schema) == {"type": "string"}


def test_references_become_definitions_also_recursive_ones() -> None:
    schemas = {
        "Tree": {
            "type": "object",
            "properties": {"children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}},
        },
        "Unused": {"type": "string"},
    }
    wanted = {"parameters": [parameter("q", schema={"$ref": "#/components/schemas/Tree"})]}
    tool = one_tool(wanted, components={"schemas": schemas})
    assert tool.arguments_schema["properties"]["q"] == {"$ref": "#/$defs/Tree"}
    assert list(tool.arguments_schema["$defs"]) == ["Tree"]
    assert tool.arguments.check({"q": {"children": [{"children": []}]}}) == []
    assert tool.arguments.check({"q": {"children": [{"children": [1]}]}})


def test_references_lead_anywhere_in_the_document_and_names_stay_apart() -> None:
    components = {"schemas": {"a/b ü": {"type": "string"}}, "x": {"a_b": {"type": "integer"}}}
    both = [{"$ref": "#/components/schemas/a~1b%20ü"}, {"$ref": "#/components/x/a_b"}]
    tool = one_tool({"parameters": [parameter("q", schema={"oneOf": both})]}, components=components)
    assert len(tool.arguments_schema["$defs"]) == 2
    assert tool.arguments.check({"q": "x"}) == []
    assert tool.arguments.check({"q": 1}) == []
    assert tool.arguments.check({"q": []})


def test_beside_a_reference_30_says_nothing_and_31_does() -> None:
    components = {"schemas": {"A": {"type": "string"}}}
    schema = {"$ref": "#/components/schemas/A", "maxLength": 3}
    assert schema_of(schema, components=components, openapi="3.0.3") == {"$ref": "#/$defs/A"}
    assert schema_of(schema, components=components) == {"$ref": "#/$defs/A", "maxLength": 3}


def test_references_that_only_lead_to_each_other_are_refused() -> None:
    components = {"schemas": {"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}}}
    with pytest.raises(InvalidInput, match="leads back to itself"):
        schema_of({"$ref": "#/components/schemas/A"}, components=components)


def test_a_request_has_no_read_only_properties_and_an_answer_no_write_only_ones() -> None:
    thing = {
        "type": "object",
        "required": ["id", "secret", "name"],
        "properties": {
            "id": {"type": "string", "readOnly": True},
            "secret": {"$ref": "#/components/schemas/Secret"},
            "name": {"type": "string"},
        },
    }
    answer = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}
    tool = one_tool(
        {"requestBody": body({"$ref": "#/components/schemas/Thing"}), "responses": {"200": answer}},
        method="post",
        components={"schemas": {"Thing": thing, "Secret": {"type": "string", "writeOnly": True}}},
    )
    assert list(tool.arguments_schema["properties"]) == ["secret", "name"]
    assert tool.arguments_schema["required"] == ["secret", "name"]
    assert tool.output_schema is not None
    assert tool.output_schema["$defs"]["Thing"]["required"] == ["id", "name"]
    assert list(tool.output_schema["$defs"]["Thing"]["properties"]) == ["id", "name"]


def test_long_descriptions_are_cut_and_long_examples_left_out() -> None:
    schema = schema_of({"type": "string", "description": "word " * 500, "examples": ["x" * 5000, "y"]})
    assert len(schema["description"]) <= 500
    assert schema["description"].endswith("word…")
    assert schema["examples"] == ["y"]


def test_examples_of_a_parameter_come_with_its_schema() -> None:
    named = {"one": {"value": "a"}, "two": {"$ref": "#/components/examples/B"}}
    wanted = {"parameters": [parameter("q", examples=named, description="What to\n find.", deprecated=True)]}
    tool = one_tool(wanted, components={"examples": {"B": {"value": "b"}}})
    assert tool.arguments_schema["properties"]["q"] == {
        "type": "string",
        "description": "What to find.",
        "deprecated": True,
        "examples": ["a", "b"],
    }
