"""The servicer called directly: every kind of function, the tool's no, crashes, bounds, bad arguments, time."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Generator
from datetime import timedelta
from typing import Any

import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from toolmesh.tool.v1 import tool_pb2, tool_service_pb2
from toolmesh_core.call_context import calling
from toolmesh_core.channel import connect
from toolmesh_core.errors import DeadlineExceeded, InvalidInput, NotFound, Unavailable
from toolmesh_core.health import TOOLS_VERSION_KEY
from toolmesh_testing import serving
from toolmesh_toolkit import Progress, Result, ToolContext, ToolError, ToolServicer, tool
from toolmesh_toolkit.process import service_of
from toolmesh_toolkit.served_tool import FunctionTool


@tool
def divide(a: int, b: int) -> float:
    """Divide."""
    if b == 0:
        raise ToolError("argument 'b' is 0: give another divisor", reason="DIVISION_BY_ZERO")
    return a / b


@tool
async def greet(name: str = "you") -> str:
    """Greet."""
    return f"hello {name}"


@tool
def count(upto: int) -> Generator[Progress | str, None, list[int]]:
    """Count."""
    for i in range(upto):
        yield Progress(i / upto, f"at {i}")
        yield str(i)
    return list(range(upto))


@tool
async def drip(upto: int) -> AsyncIterator[str | Result[int]]:
    """Drip."""
    for i in range(upto):
        yield str(i)
    yield Result(upto)


@tool
async def endless() -> AsyncIterator[str | Result[int]]:
    """Never give a result."""
    yield "x"


@tool
def crash(secret: str) -> int:
    """Crash."""
    raise RuntimeError(f"leaks {secret}")


@tool
def lie() -> int:
    """Return what was not declared."""
    return "seven"  # type: ignore[return-value]


@tool
def large(size: int) -> str:
    """Give much."""
    return "x" * size


@tool(timeout=timedelta(milliseconds=50))
async def slow() -> int:
    """Take for ever."""
    await asyncio.Event().wait()
    return 1


@tool(timeout=timedelta(milliseconds=50))
def stuck() -> int:
    """Take for ever on a thread."""
    threading.Event().wait()
    return 1


@tool
def impatient() -> int:
    """Fail by a time limit of its own."""
    raise TimeoutError("the tool's own")


@tool
def neighbour() -> int:
    """Fail because the platform does."""
    raise Unavailable("memory is down")


@tool
def whoami(context: ToolContext[str]) -> list[str]:
    """Tell the context."""
    return [context.user, context.run, context.call_id, context.state, str(context.remaining_s() < 31)]


TOOLS = [divide, greet, count, drip, endless, crash, lie, large, slow, stuck, impatient, neighbour, whoami]


@pytest.fixture
def servicer() -> ToolServicer:
    return ToolServicer(TOOLS, state="state", max_output_bytes=1000, max_threads=2)


async def responses(
    servicer: ToolServicer, name: str, arguments: str = "{}"
) -> list[tool_service_pb2.InvokeToolResponse]:
    request = tool_service_pb2.InvokeToolRequest(
        tool=name,
        arguments_json=arguments,
        context=tool_pb2.CallContext(user="ada", run="run_1", tool_call_id="call_1"),
    )
    context: Any = None
    return [response async for response in servicer.InvokeTool(request, context)]


async def result(servicer: ToolServicer, name: str, arguments: str = "{}") -> tool_pb2.ToolResult:
    return (await responses(servicer, name, arguments))[-1].result


async def test_a_sync_function_gives_its_result(servicer: ToolServicer) -> None:
    assert (await result(servicer, "divide", '{"a": 3, "b": 2}')).output_json == "1.5"


async def test_an_async_function_gives_its_result_and_empty_arguments_are_an_object(servicer: ToolServicer) -> None:
    assert (await result(servicer, "greet", "")).output_json == '"hello you"'


async def test_a_generator_streams_before_its_result(servicer: ToolServicer) -> None:
    got = await responses(servicer, "count", '{"upto": 2}')
    assert [item.WhichOneof("event") for item in got] == ["progress", "partial_output"] * 2 + ["result"]
    assert (got[2].progress.fraction, got[3].partial_output, got[4].result.output_json) == (0.5, "1", "[0,1]")


async def test_an_async_generator_streams_before_its_result(servicer: ToolServicer) -> None:
    got = await responses(servicer, "drip", '{"upto": 2}')
    assert [item.partial_output for item in got[:2]] == ["0", "1"]
    assert got[2].result.output_json == "2"


async def test_the_tools_own_no_is_a_result(servicer: ToolServicer) -> None:
    failure = (await result(servicer, "divide", '{"a": 3, "b": 0}')).failure
    assert (failure.reason, failure.message) == ("DIVISION_BY_ZERO", "argument 'b' is 0: give another divisor")


async def test_a_crash_is_a_result_that_tells_no_more_than_its_kind(
    servicer: ToolServicer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        failure = (await result(servicer, "crash", '{"secret": "hunter2"}')).failure
    assert failure.reason == "TOOL_CRASHED"
    assert "RuntimeError" in failure.message
    assert "hunter2" not in failure.message + caplog.text + str([record.__dict__ for record in caplog.records])
    assert "tool crashed" in caplog.text


@pytest.mark.parametrize("name", ["endless", "impatient"])
async def test_a_tool_that_breaks_its_word_has_crashed(servicer: ToolServicer, name: str) -> None:
    assert (await result(servicer, name)).failure.reason == "TOOL_CRASHED"


async def test_an_error_of_the_platform_passes_as_such(servicer: ToolServicer) -> None:
    with pytest.raises(Unavailable, match="memory is down"):
        await result(servicer, "neighbour")


async def test_output_over_the_limit_is_a_failure_that_says_what_to_do(servicer: ToolServicer) -> None:
    failure = (await result(servicer, "large", '{"size": 2000}')).failure
    assert failure.reason == "OUTPUT_TOO_LARGE"
    assert "1000 bytes" in failure.message


@pytest.mark.parametrize("name", ["slow", "stuck"])
async def test_a_slow_tool_is_stopped_by_its_own_limit(servicer: ToolServicer, name: str) -> None:
    with pytest.raises(DeadlineExceeded, match=name):
        await result(servicer, name)


async def test_the_callers_deadline_stops_a_tool_too(servicer: ToolServicer) -> None:
    with calling(timeout_s=0.01), pytest.raises(DeadlineExceeded):
        await result(servicer, "slow")


async def test_an_unknown_tool_is_not_found(servicer: ToolServicer) -> None:
    with pytest.raises(NotFound, match="no tool 'nope' here; there are count"):
        await result(servicer, "nope")


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (
            '{"a": "x", "c": 1}',
            ['"a" must be a valid integer', 'got "x"', '"b" is missing', '"c" is unknown', "are a, b"],
        ),
        ("[1]", ["must be a JSON object, got [1]"]),
        ("{", ["are not JSON"]),
    ],
)
async def test_bad_arguments_are_all_named(servicer: ToolServicer, arguments: str, wanted: list[str]) -> None:
    with pytest.raises(InvalidInput) as caught:
        await result(servicer, "divide", arguments)
    assert [part for part in wanted if part not in str(caught.value)] == []
    assert caught.value.field in ("a", "arguments_json")


async def test_the_context_tells_for_whom_and_what_was_opened(servicer: ToolServicer) -> None:
    assert (await result(servicer, "whoami")).output_json == '["ada","run_1","call_1","state","True"]'


async def test_a_cancelled_call_tells_the_function_on_its_thread() -> None:
    began, told = threading.Event(), threading.Event()

    @tool
    def loop(context: ToolContext[None]) -> int:
        """Loop until told."""
        began.set()
        while not context.cancelled:
            threading.Event().wait(0.001)
        told.set()
        return 1

    call = asyncio.create_task(result(ToolServicer([loop]), "loop"))
    await asyncio.to_thread(began.wait, 5)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert await asyncio.to_thread(told.wait, 5)


async def test_no_more_sync_tools_run_at_once_than_there_are_threads() -> None:
    gate = threading.Barrier(3)

    @tool
    def trio() -> int:
        """Work only where three run at once."""
        return gate.wait(timeout=0.3)

    for threads, ends in ((2, {"failure"}), (3, {"output_json"})):
        gate.reset()
        servicer = ToolServicer([trio], max_threads=threads)
        results = await asyncio.gather(*(result(servicer, "trio") for _ in range(3)))
        assert {one.WhichOneof("outcome") for one in results} == ends


async def test_tools_are_listed_by_name_in_pages(servicer: ToolServicer) -> None:
    names: list[str] = []
    token = ""
    context: Any = None
    while True:
        page = await servicer.ListTools(tool_service_pb2.ListToolsRequest(page_size=4, page_token=token), context)
        assert len(page.tools) <= 4
        names += [item.name for item in page.tools]
        token = page.next_page_token
        if not token:
            break
    assert names == sorted(item.name for item in TOOLS)


def test_a_name_that_is_there_twice_is_refused() -> None:
    def other() -> int:
        """Other."""
        return 1

    make: Callable[..., Any] = tool(name="divide")
    with pytest.raises(ValueError, match="twice"):
        ToolServicer([divide, make(other)])


async def test_tools_offered_anew_are_served_in_place_of_the_others_under_another_version(
    servicer: ToolServicer,
) -> None:
    before = servicer.tools_version
    servicer.offer([FunctionTool(greet)])
    assert servicer.tools_version != before
    assert (await result(servicer, "greet")).output_json == '"hello you"'
    with pytest.raises(NotFound, match="there are greet"):
        await result(servicer, "divide")


async def test_the_version_of_the_tools_goes_out_with_each_health_check(servicer: ToolServicer) -> None:
    told: dict[str, str] = {}
    async with serving(service_of(servicer)) as address, connect(address) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        await stub.Check(health_pb2.HealthCheckRequest(), on_trailing=told.update)
    assert told[TOOLS_VERSION_KEY] == servicer.tools_version
