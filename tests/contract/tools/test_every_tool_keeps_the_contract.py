"""What toolmesh.tool.v1.ToolService promises, asked of each package as a running process."""

import asyncio
import contextlib
import json
import time
from typing import Any

import pytest

from toolmesh.tool.v1 import tool_pb2, tool_service_pb2
from toolmesh_core.errors import DeadlineExceeded, InvalidInput, NotFound
from toolmesh_core.json_schema import JsonSchema

# One process a package serves all of these tests, so they share its event loop.
pytestmark = pytest.mark.asyncio(loop_scope="module")
Served = Any  # StartedTools of the conftest
OURS_TO_MEND = ("TOOL_CRASHED", "OUTPUT_TOO_LARGE")


async def call(
    served: Served, tool: str, arguments: str, *, timeout: float | None = None
) -> list[tool_service_pb2.InvokeToolResponse]:
    context = tool_pb2.CallContext(user="ada", session="session_1", run="run_1", tool_call_id="call_1")
    request = tool_service_pb2.InvokeToolRequest(tool=tool, arguments_json=arguments, context=context)
    return [response async for response in served.stub.InvokeTool(request, timeout=timeout)]


async def test_what_is_listed_is_what_the_package_has(served: Served) -> None:
    page = await served.stub.ListTools(tool_service_pb2.ListToolsRequest())
    assert list(page.tools) == sorted((tool.definition for tool in served.tools), key=lambda tool: tool.name)


async def test_the_list_comes_in_pages_in_order(served: Served) -> None:
    names: list[str] = []
    token = ""
    while True:
        page = await served.stub.ListTools(tool_service_pb2.ListToolsRequest(page_size=1, page_token=token))
        assert len(page.tools) == 1
        names += [tool.name for tool in page.tools]
        token = page.next_page_token
        if not token:
            break
    assert names == sorted(tool.name for tool in served.tools)


async def test_a_bad_page_is_refused(served: Served) -> None:
    for fields in ({"page_token": "?"}, {"page_size": -1}):
        with pytest.raises(InvalidInput):
            await served.stub.ListTools(tool_service_pb2.ListToolsRequest(**fields))


async def test_each_example_gives_one_result_last_that_keeps_its_schema(served: Served) -> None:
    bad: list[str] = []
    for tool in served.tools:
        for example in tool.examples:
            events = await call(served, tool.name, json.dumps(dict(example.arguments)))
            kinds = [event.WhichOneof("event") for event in events]
            if kinds[-1:] != ["result"] or "result" in kinds[:-1]:
                bad.append(f"{tool.name}: {example.request!r} gave {kinds}")
            elif tool.definition.result_only and len(kinds) > 1:
                bad.append(f"{tool.name}: says result_only and sent {kinds}")
            else:
                bad += [f"{tool.name}: {example.request!r}: {line}" for line in problems(tool, events[-1].result)]
    assert bad == []


def problems(tool: Any, result: tool_pb2.ToolResult) -> list[str]:
    if result.WhichOneof("outcome") == "failure":
        failure = result.failure
        ours = failure.reason in OURS_TO_MEND or not (failure.reason.isupper() and failure.message)
        return [f"{failure.reason} {failure.message}"] if ours else []
    return JsonSchema(tool.definition.output_schema_json).check(json.loads(result.output_json), "output")


async def test_bad_arguments_are_refused_by_name(served: Served) -> None:
    for tool in served.tools:
        with pytest.raises(InvalidInput, match="no_such_argument") as caught:
            await call(served, tool.name, '{"no_such_argument": 1}')
        assert caught.value.field
        for text in ("[1]", "{", '"x"'):
            with pytest.raises(InvalidInput):
                await call(served, tool.name, text)


async def test_an_unknown_tool_is_not_found(served: Served) -> None:
    with pytest.raises(NotFound, match="no_such_tool"):
        await call(served, "no_such_tool", "{}")


async def test_a_deadline_is_obeyed(served: Served) -> None:
    for tool in served.tools:
        began = time.monotonic()
        with contextlib.suppress(DeadlineExceeded):
            await call(served, tool.name, json.dumps(dict(tool.examples[0].arguments)), timeout=0.05)
        assert time.monotonic() - began < 2, tool.name


async def test_many_calls_at_once_all_end(served: Served) -> None:
    examples = [(tool.name, json.dumps(dict(tool.examples[0].arguments))) for tool in served.tools if reader(tool)]
    ends = await asyncio.gather(*(call(served, name, arguments) for name, arguments in examples * 4))
    assert all(events[-1].WhichOneof("event") == "result" for events in ends)


def reader(tool: Any) -> bool:
    return bool(tool.definition.read_only)


async def test_a_drain_ends_the_process_well(served: Served) -> None:
    """The last in this file, since the process is gone after it."""
    served.process.terminate()
    async with asyncio.timeout(10):
        assert await served.process.wait() == 0
