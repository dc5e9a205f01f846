"""What the schemas of every kind of field say, as arguments and as output."""

import json
from pathlib import Path
from typing import Any

import pytest
from llguidance import LLMatcher

from toolmesh_core.json_schema import JsonSchema
from toolmesh_imports.grpc_reflection import GrpcImport, GrpcPeer, ImportOptions, import_grpc

PEER = GrpcPeer("127.0.0.1:1")


async def imported(descriptor_set: Path, **options: Any) -> GrpcImport:
    return await import_grpc(PEER, ImportOptions(**options), descriptor_set=descriptor_set)


async def arguments_of(descriptor_set: Path, tool: str, **options: Any) -> dict[str, Any]:
    found = (await imported(descriptor_set, **options)).tools[tool].definition
    return dict(json.loads(found.arguments_schema_json))


async def output_of(descriptor_set: Path, tool: str) -> dict[str, Any]:
    return dict(json.loads((await imported(descriptor_set)).tools[tool].definition.output_schema_json))


async def test_every_schema_compiles_and_a_grammar_can_be_made_of_its_arguments(descriptor_set: Path) -> None:
    for tool in (await imported(descriptor_set)).tools.values():
        arguments = tool.definition.arguments_schema_json
        JsonSchema(arguments)
        JsonSchema(tool.definition.output_schema_json)
        assert LLMatcher.validate_grammar(LLMatcher.grammar_from_json_schema(arguments)) == "", tool.name


GOOD = [
    ("int32Value", -(2**31)),
    ("int32Value", 2**31 - 1),
    ("uint32Value", 2**32 - 1),
    ("sint32Value", -1),
    ("fixed32Value", 0),
    ("sfixed32Value", -(2**31)),
    ("int64Value", 2**63 - 1),
    ("int64Value", str(-(2**63))),
    ("uint64Value", 2**64 - 1),
    ("uint64Value", str(2**64 - 1)),
    ("sint64Value", "-5"),
    ("fixed64Value", 5),
    ("sfixed64Value", -5),
    ("doubleValue", 1e308),
    ("doubleValue", "-Infinity"),
    ("floatValue", "NaN"),
    ("boolValue", True),
    ("stringValue", "北京"),
    ("bytesValue", "aGk="),
    ("bytesValue", "-_8"),
    ("colour", "COLOUR_RED"),
    ("point", {"x": 1}),
    ("tree", {"label": "a", "branches": [{"branches": [{"label": "b"}]}]}),
    ("numbers", [1, 2]),
    ("points", [{"x": 1}, {}]),
    ("places", {"home": {"y": 2}}),
    ("namesByNumber", {"-7": "x"}),
    ("blobs", {"18446744073709551615": "aGk="}),
    ("odds", {"true": 0.5}),
    ("maybe", 0),
    ("seenAt", "2024-02-29T12:00:00.123456789Z"),
    ("seenAt", "2024-02-29T12:00:00+01:00"),
    ("length", "-1.5s"),
    ("mask", "user.displayName,photo"),
    ("facts", {"a": [1, None, {"b": "c"}]}),
    ("anything", None),
    ("anything", [1]),
    ("list", [1, "a"]),
    ("any", {"@type": "type.googleapis.com/kinds.v1.Tree", "label": "x"}),
    ("any", {"@type": "type.googleapis.com/google.protobuf.Duration", "value": "1s"}),
    ("wrappedText", "x"),
    ("wrappedText", None),
    ("wrappedNumber", "5"),
    ("wrappedFlags", [True]),
    ("nothing", None),
    ("newName", "x"),
    ("palette", ["COLOUR_BLUE"]),
    ("blank", {}),
]
BAD = [
    ("int32Value", 2**31),
    ("int32Value", -(2**31) - 1),
    ("int32Value", 1.5),
    ("uint32Value", -1),
    ("uint32Value", 2**32),
    ("int64Value", 2**63),
    ("int64Value", "ten"),
    ("uint64Value", -1),
    ("uint64Value", 2**64),
    ("uint64Value", "-1"),
    ("doubleValue", "ten"),
    ("boolValue", "true"),
    ("stringValue", 5),
    ("bytesValue", "!!!!"),
    ("bytesValue", "a"),
    ("colour", "RED"),
    ("colour", 1),
    ("point", {"z": 1}),
    ("tree", {"branches": [{"leaf": 1}]}),
    ("numbers", 1),
    ("numbers", [None]),
    ("places", {"home": 5}),
    ("namesByNumber", {"a": "x"}),
    ("blobs", {"-1": "aGk="}),
    ("odds", {"yes": 0.5}),
    ("seenAt", "yesterday"),
    ("seenAt", "2024-02-30T12:00:00Z"),
    ("length", "90"),
    ("mask", "display_name"),
    ("facts", [1]),
    ("list", {"a": 1}),
    ("any", {"label": "x"}),
    ("wrappedFlags", [None]),
    ("renamed", "x"),
    ("int32_value", 5),
    ("blank", {"a": 1}),
]


@pytest.mark.parametrize(("name", "value"), GOOD)
async def test_what_the_schema_takes_is_sent_and_comes_back_as_the_output_schema_says(
    kinds: GrpcImport, name: str, value: Any
) -> None:
    tool = kinds.tools["Kinds_Echo"]
    assert JsonSchema(tool.definition.arguments_schema_json).check({name: value}) == []
    output = json.loads(await tool.call(json.dumps({name: value})))
    assert JsonSchema(tool.definition.output_schema_json).check(output) == []
    if value is not None or name in ("anything", "nothing"):
        assert name in output


@pytest.mark.parametrize(("name", "value"), BAD)
async def test_what_the_field_cannot_hold_the_schema_refuses(descriptor_set: Path, name: str, value: Any) -> None:
    assert JsonSchema(await arguments_of(descriptor_set, "Kinds_Echo")).check({name: value})


async def test_of_a_oneof_at_most_one_member_is_taken(descriptor_set: Path) -> None:
    arguments = await arguments_of(descriptor_set, "Kinds_Echo")
    schema = JsonSchema(arguments)
    assert arguments["description"] == "Every kind of field. At most one of text, number, spot."
    for one in ({}, {"text": "a"}, {"number": 1}, {"spot": {}, "maybe": 1}):
        assert schema.is_valid(one), one
    for two in ({"text": "a", "number": 1}, {"number": 1, "spot": {}}, {"text": "a", "spot": {}}):
        assert not schema.is_valid(two), two


async def test_a_message_that_holds_itself_refers_to_its_own_definition(descriptor_set: Path) -> None:
    definitions = (await arguments_of(descriptor_set, "Kinds_Echo"))["$defs"]
    tree = definitions["kinds.v1.Tree"]
    assert tree["properties"]["branches"]["items"] == {"$ref": "#/$defs/kinds.v1.Tree"}


async def test_only_what_proto2_requires_is_required_and_its_defaults_are_told(descriptor_set: Path) -> None:
    arguments = await arguments_of(descriptor_set, "Old_Keep")
    properties = arguments["properties"]
    assert arguments["required"] == ["id"]
    assert (properties["retries"]["default"], properties["level"]["default"]) == (3, "HIGH")
    assert (properties["token"]["default"], "default" in properties["limit"]) == ("YWI=", False)
    assert "required" not in await arguments_of(descriptor_set, "Kinds_Echo")


async def test_comments_become_descriptions_of_tools_messages_fields_and_enum_values(descriptor_set: Path) -> None:
    tool = (await imported(descriptor_set)).tools["Kinds_Echo"].definition
    arguments = json.loads(tool.arguments_schema_json)
    assert tool.description == "Gives back what it gets. All of it."
    assert arguments["properties"]["doubleValue"]["description"] == "A double."
    assert arguments["properties"]["point"]["description"] == "Where it is."
    assert arguments["properties"]["colour"]["description"] == "What it looks like. A colour. COLOUR_RED: Like blood."
    assert arguments["$defs"]["kinds.v1.Tree"]["description"] == "Holds itself."


async def test_without_comments_a_plain_sentence_describes_a_tool(kinds: GrpcImport) -> None:
    told = kinds.tools["Kinds_GetHTTPPage"].definition.description
    assert told == "Get HTTP page: method GetHTTPPage of kinds.v1.Kinds, takes CountRequest, gives Number."
    assert "gives a stream of Number" in kinds.tools["Kinds_Count"].definition.description


async def test_deprecated_fields_say_so(descriptor_set: Path) -> None:
    assert (await arguments_of(descriptor_set, "Kinds_Echo"))["properties"]["old"]["deprecated"] is True


async def test_original_names_are_taken_on_request_and_then_printed_too(
    kinds: GrpcImport, descriptor_set: Path
) -> None:
    arguments = await arguments_of(descriptor_set, "Kinds_Echo", original_names=True)
    assert {"int32_value", "renamed"} <= arguments["properties"].keys()
    address = kinds.tools["Kinds_Echo"]._peer.address
    async with await import_grpc(GrpcPeer(address), ImportOptions(original_names=True)) as original:
        output = json.loads(await original.tools["Kinds_Echo"].call('{"renamed": "x"}'))
    assert output["renamed"] == "x"
    assert "newName" not in output


async def test_a_request_that_is_no_object_is_the_argument_value(kinds: GrpcImport) -> None:
    tool = kinds.tools["Kinds_Shout"]
    arguments = json.loads(tool.definition.arguments_schema_json)
    assert (arguments["type"], arguments["required"]) == ("object", ["value"])
    assert json.loads(await tool.call('{"value": "hi"}')) == "hi"
    assert json.loads(await kinds.tools["Kinds_Merge"].call('{"a": [1]}')) == {"a": [1.0]}


async def test_the_output_of_a_stream_is_a_list(descriptor_set: Path) -> None:
    output = await output_of(descriptor_set, "Kinds_Count")
    assert output["type"] == "array"
    assert output["items"]["required"] == ["value", "padding"]


async def test_fields_without_presence_are_always_in_the_output(kinds: GrpcImport) -> None:
    assert json.loads(await kinds.tools["Kinds_GetHTTPPage"].call("{}")) == {"value": "0", "padding": ""}


async def test_an_enum_number_that_nobody_named_fits_the_output_schema(descriptor_set: Path) -> None:
    output = await output_of(descriptor_set, "Kinds_Echo")
    assert JsonSchema({**output, "required": []}).check({"colour": 77}) == []
