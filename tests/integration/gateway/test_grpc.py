"""gRPC through the gateway, as bytes."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
import pytest_asyncio
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from toolmesh.memory.v1 import memory_service_pb2, memory_service_pb2_grpc
from toolmesh.planner.v1 import run_service_pb2, run_service_pb2_grpc
from toolmesh.tool.v1 import tool_service_pb2, tool_service_pb2_grpc
from toolmesh.tool_router.v1 import tool_router_service_pb2, tool_router_service_pb2_grpc

# One gateway serves all tests here, on one loop.
pytestmark = pytest.mark.asyncio(loop_scope="module")

AUTH = (("authorization", "Bearer key-of-the-tests"),)


@pytest_asyncio.fixture(loop_scope="module")
async def channel(gateway: Any) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(gateway.process.address) as made:
        yield made


async def test_a_call_is_made_for_the_keys_user_whatever_the_client_says(
    channel: grpc.aio.Channel, neighbours: Any
) -> None:
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    forged = (("toolmesh-user", "eve"), ("toolmesh-run", "r"), ("traceparent", f"00-{trace_id}-b7ad6b7169203331-01"))
    stub = run_service_pb2_grpc.RunServiceStub(channel)
    response = await stub.CreateRun(run_service_pb2.CreateRunRequest(input="x"), metadata=AUTH + forged, timeout=5)
    assert response.run.user == "owner"
    context = neighbours.planner.contexts[0]
    assert (context.user, context.run) == ("owner", "")
    assert neighbours.planner.trace_ids == [trace_id]
    assert 0 < neighbours.planner.seconds_left[0] < 6


async def test_all_shapes_of_calls_pass(channel: grpc.aio.Channel) -> None:
    runs = run_service_pb2_grpc.RunServiceStub(channel)
    run = (await runs.CreateRun(run_service_pb2.CreateRunRequest(input="it is 4"), metadata=AUTH)).run.id
    request = run_service_pb2.StreamRunEventsRequest(run=run)
    events = [response.event async for response in runs.StreamRunEvents(request, metadata=AUTH)]
    assert events[-1].run_ended.run.output == "it is 4"

    async def parts() -> Any:
        header = memory_service_pb2.ArtifactHeader(media_type="text/plain")
        yield memory_service_pb2.CreateArtifactRequest(header=header)
        yield memory_service_pb2.CreateArtifactRequest(chunk=b"abc")

    memory = memory_service_pb2_grpc.MemoryServiceStub(channel)
    made = await memory.CreateArtifact(parts(), metadata=AUTH)
    assert made.artifact.size_bytes == 3


async def test_errors_come_back_whole(channel: grpc.aio.Channel) -> None:
    stub = run_service_pb2_grpc.RunServiceStub(channel)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.GetRun(run_service_pb2.GetRunRequest(run="x"), metadata=AUTH)
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    assert caught.value.details() == "there is no run 'x'"
    trailing = dict(caught.value.trailing_metadata() or ())
    status = status_pb2.Status.FromString(trailing["grpc-status-details-bin"])
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert (info.reason, dict(info.metadata)) == ("RUN_NOT_FOUND", {"run": "x"})


@pytest.mark.parametrize("metadata", [(), (("authorization", "Bearer wrong"),)])
async def test_without_a_key_nothing_passes(channel: grpc.aio.Channel, neighbours: Any, metadata: Any) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await run_service_pb2_grpc.RunServiceStub(channel).CreateRun(
            run_service_pb2.CreateRunRequest(input="x"), metadata=metadata
        )
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
    assert neighbours.planner.runs == {}


async def test_a_method_that_is_not_in_the_table_is_unimplemented(channel: grpc.aio.Channel) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await tool_service_pb2_grpc.ToolServiceStub(channel).ListTools(
            tool_service_pb2.ListToolsRequest(), metadata=AUTH
        )
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_malformed_bytes_are_the_neighbours_to_refuse(channel: grpc.aio.Channel) -> None:
    call: Any = channel.unary_unary("/toolmesh.planner.v1.RunService/GetRun")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(b"\xff\xff\xff", metadata=AUTH)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_cancelling_is_passed_on(channel: grpc.aio.Channel, neighbours: Any) -> None:
    stub = tool_router_service_pb2_grpc.ToolRouterServiceStub(channel)
    call = stub.InvokeTool(tool_router_service_pb2.InvokeToolRequest(tool="slow"), metadata=AUTH)
    await asyncio.wait_for(neighbours.tool_router.called.wait(), 10)
    call.cancel()
    await asyncio.wait_for(neighbours.tool_router.cancelled.wait(), 10)


async def test_reflection_and_health_need_no_key(channel: grpc.aio.Channel) -> None:
    health = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest())
    assert health.status == health_pb2.HealthCheckResponse.SERVING

    async def questions() -> Any:
        yield reflection_pb2.ServerReflectionRequest(list_services="")

    stub = reflection_pb2_grpc.ServerReflectionStub(channel)
    async for answer in stub.ServerReflectionInfo(questions()):
        names = {service.name for service in answer.list_services_response.service}
        assert {"toolmesh.planner.v1.RunService", "toolmesh.memory.v1.MemoryService"} <= names
        break


async def test_scopes_hold_for_grpc_too(tmp_path: Any, neighbours: Any, start_gateway: Any) -> None:
    keys = tmp_path / "keys.toml"
    digest = hashlib.sha256(b"reader").hexdigest()
    keys.write_text(f'[[keys]]\nname="r"\nuser="reader"\nsha256="{digest}"\nscopes=["tools:read"]\n')
    async with (
        start_gateway(tmp_path, neighbours.address, TOOLMESH_GATEWAY_KEYS_FILE=str(keys)) as gateway,
        grpc.aio.insecure_channel(gateway.process.address) as channel,
    ):
        metadata = (("authorization", "Bearer reader"),)
        tools = tool_router_service_pb2_grpc.ToolRouterServiceStub(channel)
        await tools.ListTools(tool_router_service_pb2.ListToolsRequest(), metadata=metadata)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await run_service_pb2_grpc.RunServiceStub(channel).CreateRun(
                run_service_pb2.CreateRunRequest(input="x"), metadata=metadata
            )
    assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED
    assert "'runs'" in str(caught.value.details())
