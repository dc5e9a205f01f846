"""How parameters and body become one object of arguments."""

from typing import Any

import pytest

from toolmesh_imports.openapi import import_document

from .documents import body, one_tool, parameter, text_of

TEXT = {"type": "string"}


def arguments(operation: dict[str, Any], **more: Any) -> Any:
    return one_tool(operation, method="post", **more).arguments_schema


def test_arguments_come_in_the_order_path_query_header_cookie_body() -> None:
    places = [parameter("c", "cookie"), parameter("h", "header"), parameter("q"), parameter("p", "path")]
    schema = arguments({"parameters": places, "requestBody": body({"properties": {"b": TEXT}})}, path="/{p}")
    assert list(schema["properties"]) == ["p", "q", "h", "c", "b"]
    assert (schema["required"], schema["additionalProperties"]) == (["p"], False)


def test_the_first_of_two_with_the_same_name_keeps_it_and_the_others_say_their_place() -> None:
    places = [parameter("id", place) for place in ("cookie", "header", "query", "path")]
    schema = arguments({"parameters": places, "requestBody": body({"properties": {"id": TEXT}})}, path="/{id}")
    assert list(schema["properties"]) == ["id", "query_id", "header_id", "cookie_id", "body_id"]


def test_a_name_that_is_taken_with_its_place_too_gets_a_number() -> None:
    places = [parameter("id", "path"), parameter("query_id", "path"), parameter("id")]
    schema = arguments({"parameters": places}, path="/{id}/{query_id}")
    assert list(schema["properties"]) == ["id", "query_id", "query_id_2"]


def test_signs_that_llms_refuse_in_names_become_underscores() -> None:
    schema = arguments({"parameters": [parameter("filter[name]"), parameter("filter(name)"), parameter("名")]})
    assert list(schema["properties"]) == ["filter_name", "query_filter_name", "argument"]


def test_parameters_of_an_operation_win_over_those_of_its_path() -> None:
    own = {"parameters": [parameter("q")]}
    document = text_of({"/a": {"parameters": [parameter("q", required=True), parameter("r")], "get": own}})
    (tool,) = import_document(document).tools
    assert sorted(tool.arguments_schema["properties"]) == ["q", "r"]
    assert "required" not in tool.arguments_schema


@pytest.mark.parametrize("name", ["Accept", "content-type", "AUTHORIZATION", "Host", "Cookie", "Proxy-Authorization"])
def test_headers_that_steer_the_request_are_no_arguments(name: str) -> None:
    assert arguments({"parameters": [parameter(name, "header")]})["properties"] == {}


def test_a_required_body_of_an_object_is_spread_also_over_all_of() -> None:
    base = {"type": "object", "required": ["id"], "properties": {"id": TEXT}}
    schema = {"allOf": [{"$ref": "#/components/schemas/Base"}, {"properties": {"name": TEXT}}], "description": "d"}
    found = arguments({"requestBody": body(schema)}, components={"schemas": {"Base": base}})
    assert (list(found["properties"]), found["required"]) == (["id", "name"], ["id"])


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "items": TEXT},
        {"oneOf": [{"properties": {"a": TEXT}}, {"properties": {"b": TEXT}}]},
        {"type": "object", "properties": {"a": TEXT}, "additionalProperties": TEXT},
        {"type": "object", "properties": {"a": TEXT}, "minProperties": 1},
        {"type": "object", "properties": {"a": TEXT}, "required": ["b"]},
        {"type": ["object", "null"], "properties": {"a": TEXT}},
        {"allOf": [{"properties": {"a": TEXT}}, {"properties": {"a": {"maxLength": 1}}}]},
        {"type": "object"},
        True,
        {},
    ],
)
def test_a_body_that_is_more_than_its_properties_is_one_argument(schema: Any) -> None:
    found = arguments({"requestBody": body(schema)})
    assert list(found["properties"]) == found["required"] == ["body"]


def test_a_body_that_may_be_left_out_as_a_whole_but_not_in_part_is_one_argument() -> None:
    declared = body({"type": "object", "required": ["a"], "properties": {"a": TEXT}}) | {"required": False}
    found = arguments({"requestBody": declared})
    assert (list(found["properties"]), "required" in found) == (["body"], False)
    assert found["properties"]["body"]["required"] == ["a"]


def test_a_body_without_required_properties_is_spread_though_it_may_be_left_out() -> None:
    declared = body({"type": "object", "properties": {"a": TEXT}, "additionalProperties": "true"}) | {"required": False}
    assert arguments({"requestBody": declared})["properties"] == {"a": TEXT}


def test_json_is_preferred_to_other_media_types() -> None:
    declared = {media_type: {"schema": {"properties": {media_type: TEXT}}} for media_type in (
        "text/plain", "multipart/form-data", "application/x-www-form-urlencoded", "application/vnd.api+json",
    )}  # fmt: skip
    found = arguments({"requestBody": {"content": declared}})
    assert list(found["properties"]) == ["application_vnd.api_json"]


@pytest.mark.parametrize(
    ("openapi", "file"),
    [
        ("3.0.3", {"type": "string", "format": "binary"}),
        ("3.1.0", {"contentMediaType": "image/png"}),
    ],
)
def test_a_file_is_an_argument_in_base64(openapi: str, file: Any) -> None:
    found = arguments({"requestBody": body({"properties": {"file": file}}, "multipart/form-data")}, openapi=openapi)
    expected = {"type": "string", "contentEncoding": "base64", "description": "The file's bytes in base64."}
    assert found["properties"]["file"] == expected


@pytest.mark.parametrize(
    ("media_type", "encoding"), [("text/plain", None), ("application/xml", None), ("image/png", "base64")]
)
def test_a_body_of_text_or_bytes_is_one_argument(media_type: str, encoding: str | None) -> None:
    found = arguments({"requestBody": body({}, media_type)})["properties"]["body"]
    assert (found["type"], found.get("contentEncoding")) == ("string", encoding)


def test_a_parameter_with_content_has_the_schema_of_the_content() -> None:
    content = {"name": "q", "in": "query", "content": {"application/json": {"schema": {"type": "object"}}}}
    assert arguments({"parameters": [content]})["properties"]["q"] == {"type": "object"}
