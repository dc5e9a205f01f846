"""A real document imports whole, and every operation of it can be called."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fixtures.document_server import METHODS, DocumentServer, value_for
from fixtures.http_peer import HttpPeer

from toolmesh_core.errors import ToolError
from toolmesh_core.json_schema import JsonSchema
from toolmesh_imports.openapi import ImportedApi, ImportOptions, OpenApiCaller, OpenApiTool, import_document

from .conftest import Vault

MakeCaller = Callable[..., OpenApiCaller]


@pytest.fixture
def document(spotify_document: Path) -> Any:
    return json.loads(spotify_document.read_text())


@pytest.fixture
def api(spotify_document: Path, peer: HttpPeer) -> ImportedApi:
    server = f"http://api.test:{peer.port}/v1"
    return import_document(spotify_document, ImportOptions(server=server, secrets={"oauth_2_0": "spotify"}))


def operations(document: Any) -> dict[str, Any]:
    """All operations by id."""
    items = [item for path in document["paths"].values() for item in path.items()]
    return {operation["operationId"]: operation for method, operation in items if method in METHODS}


def test_every_operation_becomes_a_tool(document: Any, api: ImportedApi) -> None:
    assert [tool.name for tool in api.tools] == [*operations(document)]
    assert len(api.tools) == 40
    assert all(20 <= len(tool.definition.description) <= 1000 for tool in api.tools)
    assert all(tool.definition.tags for tool in api.tools)


def test_every_schema_compiles_and_stands_alone(api: ImportedApi) -> None:
    for tool in api.tools:
        JsonSchema(tool.definition.arguments_schema_json)
        if tool.definition.output_schema_json:
            JsonSchema(tool.definition.output_schema_json)
        assert tool.definition.arguments_schema_json.count("$ref") == tool.definition.arguments_schema_json.count(
            "#/$defs/"
        )
    assert sum(bool(tool.definition.output_schema_json) for tool in api.tools) == 40


def test_only_what_reads_needs_no_approval(document: Any, api: ImportedApi) -> None:
    reads = {operation["operationId"] for path in document["paths"].values() if (operation := path.get("get"))}
    assert {tool.name for tool in api.tools if not tool.definition.needs_approval} == reads


def expected(operation: Any, tool: OpenApiTool, arguments: dict[str, Any]) -> Any:
    """What a server must have understood, by the places that the tool's own parameters do not tell."""
    places: dict[str, Any] = {"path": {}, "query": {}}
    for parameter in tool.operation.parameters:
        if parameter.argument in arguments:
            places[parameter.place][parameter.name] = arguments[parameter.argument]
    body = tool.operation.body
    sent = None
    if body is not None:
        spread = {name: arguments[argument] for argument, name in body.properties.items() if argument in arguments}
        sent = arguments.get(body.whole) if body.whole else spread or None
    return {"operation": operation["operationId"], **places, "body": sent}


@pytest.mark.parametrize("which", ["all", "required"])
async def test_calls_of_every_operation_reach_a_server_made_of_the_document(
    document: Any, api: ImportedApi, peer: HttpPeer, caller_for: MakeCaller, which: str
) -> None:
    peer.answer = DocumentServer(document, "/v1", "hunter2").answer
    caller, declared = caller_for(vault=Vault({"spotify": "hunter2"})), operations(document)
    for tool in api.tools:
        properties = tool.arguments_schema["properties"]
        names = properties if which == "all" else tool.arguments_schema.get("required", [])
        arguments = {name: value_for(properties[name]) for name in names}
        assert await caller.call(tool, arguments) == expected(declared[tool.name], tool, arguments), tool.name
    assert len(peer.asked) == 40


async def test_single_calls_are_what_the_documentation_of_the_api_shows(
    document: Any, api: ImportedApi, peer: HttpPeer, caller_for: MakeCaller
) -> None:
    peer.answer = DocumentServer(document, "/v1", "hunter2").answer
    caller, tools = caller_for(vault=Vault({"spotify": "hunter2"})), {tool.name: tool for tool in api.tools}
    await caller.call(tools["search"], {"q": "artist:Miles Davis", "type": ["album", "track"], "limit": 5})
    assert peer.last.target == "/v1/search?q=artist%3AMiles%20Davis&type=album,track&limit=5"
    await caller.call(tools["create-playlist"], {"user_id": "smedjan", "body": {"name": "New", "public": False}})
    assert (peer.last.method, peer.last.target) == ("POST", "/v1/users/smedjan/playlists")
    assert json.loads(peer.last.body) == {"name": "New", "public": False}
    await caller.call(tools["pause-a-users-playback"], {})
    assert (peer.last.method, peer.last.target, peer.last.body) == ("PUT", "/v1/me/player/pause", b"")


async def test_an_api_that_refuses_the_token_is_told(
    document: Any, api: ImportedApi, peer: HttpPeer, caller_for: MakeCaller
) -> None:
    peer.answer = DocumentServer(document, "/v1", "another").answer
    caller = caller_for(vault=Vault({"spotify": "hunter2"}))
    with pytest.raises(ToolError, match=r'HTTP status 400 Bad Request: \{"error": "no token"\}'):
        await caller.call(api.tools[0], {"id": "1"})
