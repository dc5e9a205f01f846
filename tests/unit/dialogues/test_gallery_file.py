"""Galleries from files."""

import re
from pathlib import Path

import orjson
import pytest

from toolmesh_core.errors import InvalidInput
from toolmesh_dialogues.gallery.gallery import Gallery
from toolmesh_dialogues.gallery.gallery_file import read_gallery

ANSWER = {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}
# Bounds as text and "required" as a flag occur in documents in the wild.
ODD = {"type": "integer", "maximum": "50", "required": True}
OPENAPI = {
    "openapi": "3.0.0",
    "paths": {
        "/pets/{id}": {
            "get": {
                "operationId": "getPet",
                "summary": "Find a pet",
                "parameters": [{"$ref": "#/components/parameters/Id"}],
                "responses": {"200": {"content": ANSWER}},
            }
        }
    },
    "components": {
        "parameters": {
            "Id": {
                "name": "id",
                "in": "path",
                "required": True,
                "schema": {"type": "integer", "maximum": "50", "required": True},
            }
        },
        "schemas": {"Pet": {"type": "object", "properties": {"name": {"type": "string"}}}},
    },
}
SEAL = {
    "api_name": "getRain",
    "api_description": "Get rain",
    "parameters": {"mm": {"type": "float", "description": "Amount"}, "wet": {"type": "bool", "description": ""}},
    "required": ["mm"],
    "responses": {"sum": {"type": "int", "description": ""}},
}
SCHEMA_TEXT = '{"type":"object","properties":{"a":{"type":"integer"}}}'
TOOL = {"name": "add", "description": "Adds.", "argumentsSchemaJson": SCHEMA_TEXT}


def test_openapi_operations_become_tools(tmp_path: Path) -> None:
    (tmp_path / "api.json").write_bytes(orjson.dumps(OPENAPI))
    (tool,) = read_gallery(tmp_path / "api.json")
    assert (tool.name, tool.description) == ("getPet", "Find a pet")
    assert tool.shown().arguments_schema["properties"] == {"id": {"type": "integer"}}
    assert [field.name for field in tool.returns] == ["name"]


def test_seal_tools_types_become_json_schema(tmp_path: Path) -> None:
    (tmp_path / "tool.jsonl").write_bytes(orjson.dumps(SEAL) + b"\n" + orjson.dumps(SEAL | {"api_name": "b"}))
    tools = read_gallery(tmp_path / "tool.jsonl")
    assert [tool.name for tool in tools] == ["getRain", "b"]
    schema = tools[0].shown().arguments_schema
    assert {name: node["type"] for name, node in schema["properties"].items()} == {"mm": "number", "wet": "boolean"}
    assert schema["required"] == ["mm"]


@pytest.mark.parametrize("dump", [[TOOL], {"tools": [TOOL]}])
def test_tool_messages_are_read(tmp_path: Path, dump: object) -> None:
    (tmp_path / "tools.json").write_bytes(orjson.dumps(dump))
    (tool,) = read_gallery(tmp_path / "tools.json")
    assert [item.schema["type"] for item in tool.parameters] == ["integer"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[{}]", 'neither "name" nor "api_name"'),
        ("[]", "holds no tools"),
        ('{"a":\n', ":1: not JSON"),
        ('[{"api_name":"x","api_description":"","parameters":{"a":{"type":"odd"}}}]', "type 'odd' is not known"),
    ],
)
def test_what_is_wrong_with_a_gallery_is_said(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "tools.json").write_text(text)
    with pytest.raises(InvalidInput) as error:
        read_gallery(tmp_path / "tools.json")
    assert said in error.value.message


def test_the_two_parts_of_a_gallery_share_no_tool(gallery: Gallery) -> None:
    train, held_back = gallery.parted()
    names = [{tool.base_name for tool in part.tools} for part in (train, held_back)]
    assert names[1]
    assert not names[0] & names[1]
    assert len(gallery.tools) == len(names[0]) + len(names[1])


def test_built_in_templates_speak_only_of_parameters_there_are(gallery: Gallery) -> None:
    for tool in gallery.tools:
        known = {item.name for item in tool.parameters}
        for template in (one for texts in tool.requests.values() for one in texts):
            assert set(re.findall(r"\{(\w+)", template)) <= known, (tool.name, template)
        returned = {item.name for item in tool.returns}
        for answer in tool.answers.values():
            assert set(re.findall(r"\{(\w+)", answer)) <= returned, (tool.name, answer)
