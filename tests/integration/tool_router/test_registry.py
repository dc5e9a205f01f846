"""The registry over gRPC: paging, tags, watching, registering."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import grpc
import pytest

from toolmesh.tool.v1 import tool_pb2, tool_service_pb2, tool_service_pb2_grpc
from toolmesh.tool_router.v1 import tool_router_service_pb2 as pb
from toolmesh.tool_router.v1 import tool_service_endpoint_pb2
from toolmesh_core.errors import AlreadyExists, InvalidInput, NotFound, Unavailable
from toolmesh_testing import serving
from toolmesh_toolkit import ToolFunction, tool_service

Router = Any  # RouterClient of the conftest
OpenRouter = Callable[..., AbstractAsyncContextManager[Any]]


async def test_tools_are_listed_by_name_in_pages(router: Router, sample_tools: list[ToolFunction[..., Any]]) -> None:
    names: list[str] = []
    token = ""
    while True:
        page = await router.stub.ListTools(pb.ListToolsRequest(page_size=4, page_token=token))
        names += [tool.name for tool in page.tools]
        token = page.next_page_token
        if not token:
            break
    assert names == sorted(tool.name for tool in sample_tools)


async def test_tools_are_filtered_by_all_their_tags(router: Router) -> None:
    page = await router.stub.ListTools(pb.ListToolsRequest(tags=["math", "exact"]))
    assert [tool.name for tool in page.tools] == ["divide"]


@pytest.mark.parametrize("request_fields", [{"page_token": "?"}, {"page_size": -1}], ids=str)
async def test_a_bad_page_is_refused(router: Router, request_fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        await router.stub.ListTools(pb.ListToolsRequest(**request_fields))


async def test_a_tool_is_returned_whole_with_its_service(
    router: Router, sample_tools: list[ToolFunction[..., Any]]
) -> None:
    response = await router.stub.GetTool(pb.GetToolRequest(tool="slow"))
    assert response.tool == next(tool.definition for tool in sample_tools if tool.name == "slow")
    assert response.tool_service == "sample"
    with pytest.raises(NotFound):
        await router.stub.GetTool(pb.GetToolRequest(tool="slwo"))


async def test_services_are_listed_with_their_state(router: Router) -> None:
    [service] = (await router.stub.ListToolServices(pb.ListToolServicesRequest())).tool_services
    assert (service.name, service.state) == ("sample", tool_service_endpoint_pb2.ENDPOINT_STATE_READY)
    assert "add" in service.tools
    assert service.create_time.seconds > 0


async def test_a_watcher_sees_tools_come_and_go(router: Router, sample_tools: list[ToolFunction[..., Any]]) -> None:
    seen: asyncio.Queue[str] = asyncio.Queue()

    async def watch() -> None:
        async for change in router.stub.WatchTools(pb.WatchToolsRequest()):
            seen.put_nowait(str(change.WhichOneof("change")))

    watching = asyncio.create_task(watch())
    assert await seen.get() == "snapshot"
    await router.stub.UnregisterToolService(pb.UnregisterToolServiceRequest(name="sample"))
    assert {await seen.get() for _ in sample_tools} == {"removed"}
    watching.cancel()


async def test_a_taken_tool_name_and_a_dead_address_are_typed(router: Router, sample_address: str) -> None:
    with pytest.raises(AlreadyExists, match="'add' is on 'sample'"):
        await router.register("twin", sample_address)
    async with asyncio.timeout(5):
        with pytest.raises(Unavailable, match="did not list its tools"):
            await router.register("dead", "127.0.0.1:1")
    with pytest.raises(InvalidInput, match="'name'"):
        await router.register("a b", sample_address)


async def test_registering_twice_and_unregistering_twice_are_no_errors(router: Router, sample_address: str) -> None:
    await router.register("sample", sample_address)
    assert (await router.result("add", '{"a": 3}')).tool_result.output_json == "4"
    for _ in range(2):
        await router.stub.UnregisterToolService(pb.UnregisterToolServiceRequest(name="sample"))
    assert await router.callable_names() == []


async def test_the_registry_survives_a_restart(open_router: OpenRouter, sample_address: str) -> None:
    async with open_router() as first:
        await first.register("sample", sample_address)
    async with open_router() as second:
        assert "add" in await second.until(lambda names: "add" in names, within_s=5)
        assert (await second.result("add", '{"a": 3}')).tool_result.output_json == "4"


async def test_configured_services_are_found_when_they_start_later(
    open_router: OpenRouter, sample_tools: list[ToolFunction[..., Any]], tmp_path: Any
) -> None:
    listen = f"unix:{tmp_path}/late.sock"
    async with open_router(tool_services=f"late={listen}") as router:
        [service] = (await router.stub.ListToolServices(pb.ListToolServicesRequest())).tool_services
        assert service.state == tool_service_endpoint_pb2.ENDPOINT_STATE_UNREACHABLE
        async with serving(tool_service(sample_tools), listen):
            await router.until(lambda names: "add" in names, within_s=5)


class PlainTools(tool_service_pb2_grpc.ToolServiceServicer):
    """The smallest tool service that a stranger may write: no health, no paging."""

    async def ListTools(self, request: Any, context: Any) -> tool_service_pb2.ListToolsResponse:
        tool = tool_pb2.Tool(name="echo", description="Echoes.", arguments_schema_json='{"type":"object"}')
        return tool_service_pb2.ListToolsResponse(tools=[tool])

    async def InvokeTool(self, request: Any, context: Any) -> Any:
        result = tool_pb2.ToolResult(output_json=request.arguments_json)
        yield tool_service_pb2.InvokeToolResponse(result=result)


async def test_a_tool_service_without_health_is_good_while_it_answers(open_router: OpenRouter) -> None:
    server = grpc.aio.server()
    tool_service_pb2_grpc.add_ToolServiceServicer_to_server(PlainTools(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with open_router(health_check_s=0.05) as router:
        await router.register("plain", f"127.0.0.1:{port}")
        await asyncio.sleep(0.2)
        assert (await router.result("echo", '{"x":1}')).tool_result.output_json == '{"x":1}'
        await server.stop(0)
        await router.until(lambda names: "echo" not in names, within_s=5)
