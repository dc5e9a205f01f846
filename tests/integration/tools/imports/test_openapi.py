"""An OpenAPI document served as tools by a real process, called through a real router."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from fixtures.document_server import DocumentServer, value_for
from fixtures.http_peer import HttpPeer, Reply
from integration.tool_router.conftest import RouterClient
from integration.tools.imports.conftest import Imports, listed, result

from toolmesh.tool_host.v1.source_pb2 import DeploymentSource, OpenApiSource
from toolmesh.tool_router.v1 import tool_router_service_pb2 as pb
from toolmesh_core.errors import PermissionDenied

DATASETS = Path(os.environ.get("DATASETS") or Path(__file__).parents[5] / "shared/datasets")


def document(server: str, **operations: Any) -> str:
    """A document with a GET and a POST on /albums, and more operations by path."""
    ok = {"responses": {"200": {"description": "Done."}}}
    schemes = {"token": {"type": "http", "scheme": "bearer"}}
    return json.dumps(
        {
            "openapi": "3.1.0",
            "info": {"title": "Albums", "version": "1"},
            "servers": [{"url": server}],
            "components": {"securitySchemes": schemes},
            "paths": {
                "/albums": {
                    "get": {"operationId": "list_albums", "summary": "List albums", "security": [{"token": []}], **ok},
                    "post": {"operationId": "add_album", "summary": "Add an album", **ok},
                    "put": {"operationId": "set_albums", "summary": "Set all albums", **ok},
                },
                **{f"/{name}": {"get": {"operationId": name, **ok, **more}} for name, more in operations.items()},
            },
        }
    )


def source_of(peer: HttpPeer, *, named: bool = True, **choices: Any) -> DeploymentSource:
    """A source of the document above, on the peer; its host is named unless `named` says no."""
    host = f"127.0.0.1:{peer.port}"
    fields = {"secrets": {"token": "ALBUMS"}, "allowed_hosts": [host] if named else [], **choices}
    return DeploymentSource(openapi=OpenApiSource(document=document(f"http://{host}"), **fields))


async def test_only_what_gets_reads_and_everything_reaches_outside(imports: Imports, peer: HttpPeer) -> None:
    async with imports.start(source_of(peer), {"ALBUMS": "s3cret"}) as started:
        tools = await listed(started.address)
    marks = {name: (tool.read_only, tool.idempotent, tool.needs_approval) for name, tool in tools.items()}
    assert marks == {
        "add_album": (False, False, False),
        "list_albums": (True, True, False),
        "set_albums": (False, False, False),
    }
    assert {tool.tags[0] for tool in tools.values()} == {"openapi"}


async def test_tools_are_picked_by_tag_and_pattern_and_get_the_prefix(imports: Imports, peer: HttpPeer) -> None:
    source = source_of(peer, patterns=["list_*", "POST /albums"], prefix="our")
    async with imports.start(source, {"ALBUMS": "s3cret"}) as started:
        assert set(await listed(started.address)) == {"our_list_albums", "our_add_album"}


async def test_without_a_rule_the_router_denies_even_what_reads(imports: Imports, peer: HttpPeer) -> None:
    async with imports.routed(source_of(peer), "version: 1\n", secrets={"ALBUMS": "s3cret"}) as router:
        with pytest.raises(PermissionDenied, match="list_albums"):
            await router.result("list_albums")
    assert peer.asked == []


async def test_one_rule_lets_all_tools_of_an_import_be_called(imports: Imports, peer: HttpPeer) -> None:
    async with imports.routed(source_of(peer), secrets={"ALBUMS": "s3cret"}) as router:
        assert (await router.result("list_albums")).tool_result.output_json == '{"ok":true}'
        assert peer.last.headers["authorization"] == "Bearer s3cret"
        assert (await router.result("add_album")).tool_result.output_json == '{"ok":true}'


async def test_a_secret_that_is_missing_is_named_at_the_start(imports: Imports, peer: HttpPeer) -> None:
    line = await imports.refusal(source_of(peer))
    assert line == "tool_imports: secret 'ALBUMS' is not there: TOOLMESH_TOOL_IMPORTS_SECRET_ALBUMS is not set"


async def test_a_scheme_that_was_given_no_secret_is_told_at_the_start_and_at_the_call(
    imports: Imports, peer: HttpPeer
) -> None:
    async with imports.start(source_of(peer, secrets={})) as started:
        assert "1 of 3 tools need a secret and have none: add --secret token=NAME" in imports.log()
        assert (await result(started.address, "list_albums")).failure.reason == "SECRET_MISSING"


async def test_a_private_address_is_refused_unless_it_is_named(imports: Imports, peer: HttpPeer) -> None:
    async with imports.start(source_of(peer, named=False), {"ALBUMS": "x"}) as started:
        failure = (await result(started.address, "list_albums")).failure
        assert failure.reason == "ADDRESS_NOT_ALLOWED"
        assert "--allow-host" in failure.message
        assert f"add --allow-host 127.0.0.1:{peer.port}" in imports.log()
    assert peer.asked == []


async def test_a_server_that_is_not_among_the_named_hosts_is_refused_at_the_start(
    imports: Imports, peer: HttpPeer
) -> None:
    line = await imports.refusal(source_of(peer, allowed_hosts=["example.com"]), secrets={"ALBUMS": "x"})
    assert f"127.0.0.1:{peer.port} cannot be reached: it is not among the allowed hosts" in line


async def test_a_redirect_goes_to_named_hosts_only(imports: Imports, peer: HttpPeer) -> None:
    peer.answer = lambda asked: Reply(status="302 Found", headers={"Location": "http://169.254.169.254/latest"})
    async with imports.start(source_of(peer), {"ALBUMS": "x"}) as started:
        assert (await result(started.address, "list_albums")).failure.reason == "HOST_NOT_ALLOWED"


async def test_a_server_that_is_dead_is_the_tools_own_failure(imports: Imports, peer: HttpPeer) -> None:
    source = source_of(peer)
    source.openapi.server_url = "http://127.0.0.1:1"
    source.openapi.allowed_hosts.append("127.0.0.1:1")
    async with imports.start(source, {"ALBUMS": "x"}) as started:
        failure = (await result(started.address, "list_albums")).failure
    assert (failure.reason, failure.retryable) == ("NO_ANSWER", True)


async def test_what_a_server_answers_cannot_break_the_result_and_has_no_secret_in_it(
    imports: Imports, peer: HttpPeer
) -> None:
    peer.answer = lambda asked: Reply({"said": "\ud800 s3cret"})
    async with imports.start(source_of(peer), {"ALBUMS": "s3cret"}) as started:
        assert (await result(started.address, "list_albums")).output_json == '{"said":"? [secret]"}'


async def test_an_output_over_the_bound_is_a_failure_that_says_so(imports: Imports, peer: HttpPeer) -> None:
    peer.answer = lambda asked: Reply({"much": "x" * 2000})
    async with imports.start(source_of(peer), {"ALBUMS": "x"}, max_output_bytes="1000") as started:
        assert (await result(started.address, "list_albums")).failure.reason == "RESPONSE_TOO_LARGE"


async def test_a_document_in_several_files_is_refused_in_one_line(imports: Imports) -> None:
    text = '{"openapi": "3.1.0", "paths": {"/a": {"$ref": "other.yaml"}}}'
    line = await imports.refusal(DeploymentSource(openapi=OpenApiSource(document=text)))
    assert line.endswith("#/paths/~1a: the reference 'other.yaml' leads outside: bundle all into one document first")


@pytest.mark.timeout(120)
async def test_every_operation_of_a_real_document_is_called_through_a_router(imports: Imports, peer: HttpPeer) -> None:
    path = DATASETS / "restbench" / "spotify_openapi.json"
    if not path.is_file():
        pytest.skip(f"spotify_openapi.json is not in {path.parent}: say where by DATASETS")
    host = f"127.0.0.1:{peer.port}"
    source = OpenApiSource(document=path.read_text(), server_url=f"http://{host}/v1", allowed_hosts=[host])
    source.secrets["oauth_2_0"] = "SPOTIFY"
    peer.answer = DocumentServer(json.loads(path.read_text()), "/v1", "hunter2").answer
    async with imports.routed(DeploymentSource(openapi=source), secrets={"SPOTIFY": "hunter2"}) as router:
        names = await router.callable_names()
        assert len(names) == 40
        for name in names:
            outcome = (await router.result(name, json.dumps(arguments_of(await schema_of(router, name))))).tool_result
            assert json.loads(outcome.output_json)["operation"] == name, outcome.failure
    assert len(peer.asked) == 40


async def schema_of(router: RouterClient, name: str) -> Any:
    """The schema of a tool's arguments, as the router has it."""
    found = await router.stub.GetTool(pb.GetToolRequest(tool=name))
    return json.loads(found.tool.arguments_schema_json)


def arguments_of(schema: Any) -> dict[str, Any]:
    """A value for each argument."""
    return {name: value_for(inside) for name, inside in schema["properties"].items()}
