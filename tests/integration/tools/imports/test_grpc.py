"""gRPC servers with reflection served as tools by a real process, called through a real router."""

import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor_pool import DescriptorPool
from integration.tools.imports.conftest import Imports, events, listed
from unit.imports.grpc_reflection.compiled_protos import compile_protos, pool_of
from unit.imports.grpc_reflection.kinds_server import serving_kinds

from toolmesh.tool_host.v1.source_pb2 import DeploymentSource, GrpcSource
from toolmesh_core.errors import PermissionDenied

NESTED = {"tree": {"branches": [{"label": "a"}, {"branches": [{"label": "b"}]}]}, "places": {"x": {"x": 1.5}}}


@pytest.fixture(scope="module")
def descriptors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_protos(tmp_path_factory.mktemp("protos") / "kinds.binpb")


@pytest.fixture(scope="module")
def descriptor_set(descriptors: Path) -> bytes:
    return descriptors.read_bytes()


@pytest.fixture(scope="module")
def pool(descriptors: Path) -> DescriptorPool:
    return pool_of(descriptors)


def source(address: str, **more: Any) -> DeploymentSource:
    """A source of the server's own service."""
    return DeploymentSource(grpc=GrpcSource(address=address, services=["kinds.v1.Kinds"], **more))


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
async def test_nested_messages_go_there_and_back_through_a_router(
    imports: Imports, pool: DescriptorPool, version: str
) -> None:
    async with serving_kinds(pool, [version]) as server, imports.routed(source(server.address, prefix="our")) as router:
        outcome = (await router.result("our_Kinds_Echo", json.dumps(NESTED))).tool_result
    echoed = json.loads(outcome.output_json)
    assert echoed["tree"]["branches"][1]["branches"][0]["label"] == "b", outcome.failure
    assert echoed["places"] == {"x": {"x": 1.5, "y": 0}}


async def test_each_reply_of_a_stream_comes_before_their_list(imports: Imports, pool: DescriptorPool) -> None:
    async with serving_kinds(pool) as server, imports.start(source(server.address)) as started:
        got = await events(started.address, "Kinds_Count", '{"upto": 2}')
    assert [json.loads(event.partial_output)["value"] for event in got[:-1]] == ["0", "1"]
    assert [reply["value"] for reply in json.loads(got[-1].result.output_json)] == ["0", "1"]


async def test_no_method_is_believed_to_read_only_and_without_a_rule_none_is_called(
    imports: Imports, pool: DescriptorPool
) -> None:
    async with serving_kinds(pool) as server, imports.routed(source(server.address), "version: 1\n") as router:
        with pytest.raises(PermissionDenied, match="Kinds_GetHTTPPage"):
            await router.result("Kinds_GetHTTPPage")
        tools = {tool.name: tool for tool in await router.tools()}
    # Its proto says NO_SIDE_EFFECTS.
    page = tools["Kinds_GetHTTPPage"]
    assert (page.read_only, page.idempotent, page.tags[0]) == (False, False, "grpc")


async def test_tools_of_a_server_that_dies_leave_the_router_and_come_back_when_it_does(
    imports: Imports, pool: DescriptorPool
) -> None:
    async with serving_kinds(pool) as first:
        context = imports.routed(source(first.address))
        router = await context.__aenter__()
    try:
        await router.until(lambda names: not names, within_s=20)
        async with serving_kinds(pool, port=int(first.address.rpartition(":")[2])):
            await router.until(lambda names: "Kinds_Echo" in names, within_s=20)
            assert (await router.result("Kinds_GetHTTPPage", '{"upto": 7}')).tool_result.output_json
    finally:
        await context.__aexit__(None, None, None)


async def test_a_descriptor_set_gives_descriptions_and_a_secret_goes_out_as_metadata(
    imports: Imports, pool: DescriptorPool, descriptor_set: bytes
) -> None:
    async with serving_kinds(pool, []) as server:
        choices = {"descriptor_set": descriptor_set, "secret_metadata": {"Authorization": "KINDS"}}
        async with imports.start(source(server.address, **choices), {"KINDS": "s3cret"}) as started:
            assert (await listed(started.address))["Kinds_Count"].description == "Counts upwards."
            await events(started.address, "Kinds_Ping")
        assert server.seen.metadata[-1]["authorization"] == "Bearer s3cret"


async def test_a_server_that_cannot_be_had_is_told_in_one_line(imports: Imports) -> None:
    assert "127.0.0.1:1 cannot be reached" in await imports.refusal(source("127.0.0.1:1"))
