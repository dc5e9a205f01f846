"""Calls through the router to real tools over gRPC."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from toolmesh.tool.v1 import tool_pb2, tool_service_pb2, tool_service_pb2_grpc
from toolmesh.tool_router.v1 import tool_router_service_pb2 as pb
from toolmesh_core.call_context import calling
from toolmesh_core.errors import DeadlineExceeded, InvalidInput, NotFound, PermissionDenied, Unavailable
from toolmesh_core.service import Service
from toolmesh_core.telemetry import current_trace_id, span
from toolmesh_testing import process, serving

Router = Any  # RouterClient of the conftest
OpenRouter = Callable[..., AbstractAsyncContextManager[Any]]


async def test_a_call_gives_the_tools_result(router: Router) -> None:
    result = await router.result("add", '{"a": 3}')
    assert (result.tool_result.output_json, result.attempts, result.truncated) == ("4", 1, False)
    assert 0 < result.call_duration.ToTimedelta().total_seconds() < 5


async def test_progress_and_partial_output_come_before_the_result(router: Router) -> None:
    events = await router.call("count", '{"upto": 2}')
    assert [event.WhichOneof("event") for event in events] == ["progress", "partial_output"] * 2 + ["result"]
    assert (events[2].progress.message, events[3].partial_output) == ("at 1", "1 ")
    assert events[-1].result.tool_result.output_json == "[0,1]"


async def test_a_caller_may_ask_for_the_result_only_and_read_it_as_a_unary_answer(router: Router) -> None:
    call = router.channel.unary_unary(
        "/toolmesh.tool_router.v1.ToolRouterService/InvokeTool",
        request_serializer=pb.InvokeToolRequest.SerializeToString,
        response_deserializer=pb.InvokeToolResponse.FromString,
    )
    request = pb.InvokeToolRequest(tool="count", arguments_json='{"upto": 2}', result_only=True)
    request.context.user = "ada"
    assert (await call(request)).result.tool_result.output_json == "[0,1]"


async def test_the_tools_own_no_is_a_result(router: Router) -> None:
    failure = (await router.result("divide", '{"a": 3, "b": 0}')).tool_result.failure
    assert failure.reason == "DIVISION_BY_ZERO"


async def test_a_crash_inside_a_tool_is_its_failure(router: Router) -> None:
    assert (await router.result("crash")).tool_result.failure.reason == "TOOL_CRASHED"


async def test_an_unknown_tool_and_bad_arguments_are_typed(router: Router) -> None:
    with pytest.raises(NotFound, match="did you mean 'divide'"):
        await router.call("devide")
    with pytest.raises(InvalidInput, match='argument "a" must be an integer, got "x"') as caught:
        await router.call("add", '{"a": "x"}')
    assert (caught.value.field, caught.value.reason) == ("a", "BAD_ARGUMENTS")


async def test_a_slow_tool_ends_by_its_own_limit(router: Router) -> None:
    async with asyncio.timeout(2):
        with pytest.raises(DeadlineExceeded, match="'slow' gave no result within"):
            await router.call("slow")


async def test_the_callers_deadline_ends_a_call_with_a_typed_error(router: Router) -> None:
    async with asyncio.timeout(2):
        with pytest.raises(DeadlineExceeded):
            await router.call("wait", '{"seconds": 30}', timeout=0.4)


async def test_the_tool_learns_that_the_caller_has_gone(router: Router, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    request = pb.InvokeToolRequest(tool="wait", arguments_json=json.dumps({"seconds": 30, "mark": str(mark)}))
    request.context.user = "ada"
    stream = router.stub.InvokeTool(request)
    assert (await anext(stream)).progress.message == "waiting"
    stream.cancel()
    async with asyncio.timeout(5):
        while not mark.exists():  # noqa: ASYNC110 - the tool tells it by a file
            await asyncio.sleep(0.01)


async def test_user_run_and_trace_reach_the_tool(router: Router) -> None:
    with span("test"):
        told = json.loads((await router.result("who")).tool_result.output_json)
        assert told == {"user": "ada", "run": "run_1", "call": "call_1", "trace": current_trace_id()}


async def test_another_user_than_the_keys_is_refused(router: Router) -> None:
    with calling(user="bob"), pytest.raises(PermissionDenied):
        await router.call("add", '{"a": 3}')


async def test_a_repeated_request_id_is_the_same_call(router: Router) -> None:
    first = await router.result("who", request_id="r1")
    with span("another trace"):
        assert await router.result("who", request_id="r1") == first


async def test_a_large_result_is_in_memory_and_a_summary_in_its_place(
    open_router: OpenRouter, sample_address: str, tmp_path: Path
) -> None:
    from toolmesh.memory.v1 import memory_service_pb2, memory_service_pb2_grpc
    from toolmesh_core.channel import connect

    async with process("toolmesh_memory", {"TOOLMESH_MEMORY_DATA_DIR": str(tmp_path / "memory")}) as memory:
        async with open_router(memory_address=memory.address) as router:
            await router.register("sample", sample_address)
            result = await router.result("numbers", '{"upto": 10000}')
        assert result.truncated
        output = json.loads(result.tool_result.output_json)
        assert output["summary"]["count"] == 10000
        async with connect(memory.address) as channel:
            request = memory_service_pb2.ReadArtifactRequest(user="ada", artifact=output["artifact"])
            stub = memory_service_pb2_grpc.MemoryServiceStub(channel)
            content = b"".join([part.chunk async for part in stub.ReadArtifact(request)])
        assert json.loads(content) == list(range(10000))
        assert result.tool_result.artifacts[0].size_bytes == len(content)


async def test_with_memory_down_a_large_result_is_cut_and_says_so(open_router: OpenRouter, sample_address: str) -> None:
    async with open_router(memory_address="127.0.0.1:1", artifact_timeout_s=1.0) as router:
        await router.register("sample", sample_address)
        result = await router.result("numbers", '{"upto": 10000}')
    output = json.loads(result.tool_result.output_json)
    assert (result.truncated, output["artifact"], output["summary"]["count"]) == (True, None, 10000)
    assert "could not be kept" in output["note"]


class LyingTools(tool_service_pb2_grpc.ToolServiceServicer):
    """A foreign tool service that does not keep its word."""

    async def ListTools(self, request: Any, context: Any) -> tool_service_pb2.ListToolsResponse:
        tool = tool_pb2.Tool(
            name="lie", description="Lies.", arguments_schema_json='{"type":"object"}', result_only=True
        )
        tool.timeout.FromMilliseconds(300)
        silent = tool_pb2.Tool(name="silent", description="Ends.", arguments_schema_json='{"type":"object"}')
        return tool_service_pb2.ListToolsResponse(tools=[tool, silent])

    async def InvokeTool(self, request: Any, context: Any) -> AsyncIterator[Any]:
        if request.tool == "lie":
            yield tool_service_pb2.InvokeToolResponse(partial_output="one")
            yield tool_service_pb2.InvokeToolResponse(result=tool_pb2.ToolResult(output_json="1"))


async def test_a_tool_service_that_breaks_the_contract_gets_a_typed_error(open_router: OpenRouter) -> None:
    lying = Service(registrations=[(tool_service_pb2_grpc.add_ToolServiceServicer_to_server, LyingTools())])
    async with serving(lying) as address, open_router() as router:
        await router.register("lying", address)
        with pytest.raises(Unavailable, match="'lying' failed or went away"):
            await router.call("silent")
        with pytest.raises(DeadlineExceeded, match="'lie' gave no result"):
            await router.call("lie")
