"""The habits that every service has: errors, context, deadlines, health, reflection, malformed messages, drain."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from toolmesh.tool.v1 import tool_pb2, tool_service_pb2, tool_service_pb2_grpc
from toolmesh_core.call_context import calling, current_call, remaining_s, user_of
from toolmesh_core.channel import connect
from toolmesh_core.errors import DeadlineExceeded, Internal, InvalidInput, NotFound, PermissionDenied, Unavailable
from toolmesh_core.service import Service
from toolmesh_core.telemetry import current_trace_id, span
from toolmesh_testing import serving


class Probe(tool_service_pb2_grpc.ToolServiceServicer):
    """Tells what it saw."""

    def __init__(self) -> None:
        self.seen: dict[str, object] = {}
        self.cancelled = asyncio.Event()

    async def ListTools(self, request, context):
        call = current_call()
        self.seen = {
            "user": call.user,
            "run": call.run,
            "left": remaining_s(),
            "trace": current_trace_id(),
        }
        match request.page_token:
            case "missing":
                raise NotFound("tool 'x' is not here", reason="NO_TOOL", metadata={"tool": "x"})
            case "defect":
                raise KeyError("secret")
            case "user":
                user_of("somebody")
            case "slow":
                await asyncio.sleep(30)
        return tool_service_pb2.ListToolsResponse(next_page_token=request.page_token)

    async def InvokeTool(self, request, context):
        try:
            for number in range(3):
                yield tool_service_pb2.InvokeToolResponse(partial_output=str(number))
            if request.tool == "endless":
                await asyncio.sleep(30)
            if request.tool == "bad":
                raise InvalidInput("argument 'a' is wrong", field="a")
            yield tool_service_pb2.InvokeToolResponse(result=tool_pb2.ToolResult(output_json="1"))
        except (asyncio.CancelledError, GeneratorExit):
            # Which of the two depends on whether it was working or waiting to be read.
            self.cancelled.set()
            raise


@pytest.fixture
def probe() -> Probe:
    return Probe()


@asynccontextmanager
async def probed(probe: Probe) -> AsyncIterator[tuple[str, tool_service_pb2_grpc.ToolServiceStub]]:
    service = Service([(tool_service_pb2_grpc.add_ToolServiceServicer_to_server, probe)])
    async with serving(service) as address, connect(address) as channel:
        yield address, tool_service_pb2_grpc.ToolServiceStub(channel)


async def test_an_error_crosses_the_wire_with_class_reason_and_metadata(probe: Probe) -> None:
    async with probed(probe) as (_, stub):
        with pytest.raises(NotFound, match="tool 'x' is not here") as caught:
            await stub.ListTools(tool_service_pb2.ListToolsRequest(page_token="missing"))
    assert caught.value.reason == "NO_TOOL"
    assert caught.value.metadata == {"tool": "x"}


async def test_a_defect_is_internal_and_keeps_its_text_to_itself(probe: Probe) -> None:
    async with probed(probe) as (_, stub):
        with pytest.raises(Internal) as caught:
            await stub.ListTools(tool_service_pb2.ListToolsRequest(page_token="defect"))
    assert "secret" not in caught.value.message
    assert "KeyError" in caught.value.message


async def test_a_stream_delivers_its_messages_and_then_its_error(probe: Probe) -> None:
    seen = []
    async with probed(probe) as (_, stub):
        with pytest.raises(InvalidInput) as caught:
            async for message in stub.InvokeTool(tool_service_pb2.InvokeToolRequest(tool="bad")):
                seen.append(message.partial_output)  # noqa: PERF401 - what came before the error counts
    assert seen == ["0", "1", "2"]
    assert caught.value.field == "a"


async def test_context_and_trace_travel_with_a_call(probe: Probe) -> None:
    async with probed(probe) as (_, stub):
        with span("outer"), calling(user="ada", run="run_1", timeout_s=5):
            outer = current_trace_id()
            await stub.ListTools(tool_service_pb2.ListToolsRequest())
    assert probe.seen["user"] == "ada"
    assert probe.seen["run"] == "run_1"
    assert probe.seen["trace"] == outer


async def test_a_deadline_is_passed_on_less_what_was_spent(probe: Probe) -> None:
    async with probed(probe) as (_, stub):
        with calling(timeout_s=5):
            await stub.ListTools(tool_service_pb2.ListToolsRequest(), timeout=60)
    left = probe.seen["left"]
    assert isinstance(left, float)
    # gRPC sends few digits of a deadline and rounds up.
    assert 3 < left < 5.1


async def test_a_call_without_time_left_is_not_made(probe: Probe) -> None:
    async with probed(probe) as (_, stub):
        with calling(timeout_s=0), pytest.raises(DeadlineExceeded, match="no time left"):
            await stub.ListTools(tool_service_pb2.ListToolsRequest())
    assert probe.seen == {}


async def test_a_slow_call_ends_at_its_deadline(probe: Probe) -> None:
    async with probed(probe) as (_, stub):
        started = time.monotonic()
        with pytest.raises(DeadlineExceeded):
            await stub.ListTools(tool_service_pb2.ListToolsRequest(page_token="slow"), timeout=0.2)
    assert time.monotonic() - started < 3


async def test_a_call_without_any_deadline_gets_the_default_one(probe: Probe) -> None:
    service = Service([(tool_service_pb2_grpc.add_ToolServiceServicer_to_server, probe)])
    async with serving(service) as address, connect(address, default_timeout_s=7) as channel:
        await tool_service_pb2_grpc.ToolServiceStub(channel).ListTools(tool_service_pb2.ListToolsRequest())
    left = probe.seen["left"]
    assert isinstance(left, float)
    assert 5 < left <= 7.1


async def test_leaving_a_stream_tells_the_server(probe: Probe) -> None:
    async with probed(probe) as (_, stub):
        async with stub.InvokeTool(tool_service_pb2.InvokeToolRequest(tool="endless")) as stream:
            await anext(stream)
        await asyncio.wait_for(probe.cancelled.wait(), 5)


async def test_another_user_than_the_keys_is_refused(probe: Probe) -> None:
    async with probed(probe) as (_, stub):
        with calling(user="ada"), pytest.raises(PermissionDenied, match="'somebody'"):
            await stub.ListTools(tool_service_pb2.ListToolsRequest(page_token="user"))


async def test_bytes_that_are_no_message_are_refused_in_one_line(probe: Probe) -> None:
    async with probed(probe) as (address, _), grpc.aio.insecure_channel(address) as channel:
        call = channel.unary_unary("/toolmesh.tool.v1.ToolService/ListTools")
        with pytest.raises(grpc.aio.AioRpcError, match="not the expected message") as caught:
            await call(b"\xff\xff\xff")
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_an_absent_neighbour_is_unavailable_and_does_not_hang() -> None:
    async with connect("127.0.0.1:1") as channel:
        stub = tool_service_pb2_grpc.ToolServiceStub(channel)
        with pytest.raises(Unavailable) as caught:
            await stub.ListTools(tool_service_pb2.ListToolsRequest(), timeout=10)
    assert caught.value.reason == "CONNECTION_LOST"


async def test_health_and_reflection_are_served(probe: Probe) -> None:
    async with probed(probe) as (address, _), grpc.aio.insecure_channel(address) as channel:
        health = await health_pb2_grpc.HealthStub(channel).Check(
            health_pb2.HealthCheckRequest(service="toolmesh.tool.v1.ToolService")
        )
        stream = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(
            iter([reflection_pb2.ServerReflectionRequest(list_services="")])
        )
        names = {service.name async for answer in stream for service in answer.list_services_response.service}
    assert health.status == health_pb2.HealthCheckResponse.SERVING
    assert "toolmesh.tool.v1.ToolService" in names
