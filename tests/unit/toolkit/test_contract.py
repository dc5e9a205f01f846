"""Each rule of the contract finds the tool that breaks it, and leaves a good one alone."""

import itertools
import threading
import time
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Annotated, Any

import pytest
from pydantic import Field

from toolmesh.tool.v1 import tool_pb2, tool_service_pb2
from toolmesh.tool.v1.tool_service_pb2_grpc import ToolServiceStub, add_ToolServiceServicer_to_server
from toolmesh_core.channel import connect
from toolmesh_core.service import Service
from toolmesh_testing import serving
from toolmesh_toolkit import Example, Progress, ToolError, ToolFunction, ToolServicer, ToolSettings, tool, tool_service
from toolmesh_toolkit.contract import (
    CALL_RULES,
    DESCRIPTION_RULES,
    ServedTools,
    check_calls,
    check_descriptions,
    problems_of,
    service_rules,
)

Tools = list[ToolFunction[..., Any]]
READS: dict[str, Any] = {"read_only": True, "idempotent": True, "examples": [Example("three", {"a": 3})]}
Number = Annotated[int, Field(description="A number.")]


@tool(**READS)
def good(a: Number) -> int:
    """Give the number back as it is."""
    return a


@tool(**READS)
def streams(a: Number) -> Generator[Progress | str, None, int]:
    """Give the number back after some progress."""
    yield Progress(0.5)
    yield "half"
    return a


@tool(**READS)
def says_no(a: Number) -> int:
    """Say no to every number there is."""
    raise ToolError("give no number", reason="NO_NUMBERS")


@tool(examples=[Example("three", {"a": 3})])
def writes(a: Number) -> int:
    """Fail the test where it is called at all."""
    raise AssertionError("a tool that writes was called")


@tool(**READS)
def crashes(a: Number) -> int:
    """Crash each time that it is called."""
    raise RuntimeError("no")


@tool(**READS)
def lies(a: Number) -> int:
    """Give text where a number was declared."""
    return "x"  # type: ignore[return-value]


@tool(**READS)
def large(a: Number) -> str:
    """Give more than a call may give."""
    return "x" * (3 * 2**20)


@tool(**READS, timeout=timedelta(milliseconds=20))
async def blocks(a: Number) -> int:
    """Keep the event loop busy for longer than anyone waits."""
    time.sleep(0.3)  # noqa: ASYNC251 - the fault that the rule must find
    return a


@tool(name="Shout")
def shout(a: int) -> Any:
    """Shout."""
    return a


@tool(read_only=True, timeout=timedelta(minutes=3), examples=["without arguments"])
def slow_reader(a: Number) -> int:
    """Read something for three whole minutes."""
    return a


@tool(read_only=True, idempotent=True, needs_approval=True, examples=[Example("three", {"a": 3})])
def asks(a: Number) -> int:
    """Read something after asking a person."""
    return a


@pytest.mark.parametrize(
    ("rule", "tools", "broken_by"),
    [
        ("tools_are_there", [], {""}),
        ("tools_are_there", [good, good], {"good"}),
        ("names_can_be_said", [good, shout], {"Shout"}),
        ("descriptions_say_what_it_does", [good, shout], {"Shout"}),
        ("arguments_are_described", [good, shout], {"Shout"}),
        ("outputs_are_declared", [good, shout], {"Shout"}),
        ("examples_are_valid", [good, shout, slow_reader], {"Shout", "slow_reader"}),
        ("readers_are_harmless", [good, writes, slow_reader, asks], {"slow_reader", "asks"}),
        ("time_limits_are_in_reason", [good, slow_reader], {"slow_reader"}),
    ],
)
def test_a_bad_description_is_found(rule: str, tools: Tools, broken_by: set[str]) -> None:
    [verdict] = [verdict for verdict in check_descriptions(tools) if verdict.name == rule]
    assert {problem.tool for problem in verdict.problems} == broken_by


def test_a_schema_that_is_none_or_open_is_found() -> None:
    @tool(**READS)
    def odd(a: Number) -> int:
        """Give the number back as it is."""
        return a

    odd.definition.arguments_schema_json = '{"type": "strange"}'
    odd.definition.output_schema_json = '{"type": "strange"}'
    odd.examples = ()
    broken = {verdict.name: str(verdict.problems) for verdict in check_descriptions([odd]) if not verdict.kept}
    assert "not a closed object" in broken["arguments_have_a_schema"]
    assert "not a JSON Schema" in broken["arguments_have_a_schema"]
    assert "not a JSON Schema" in broken["outputs_are_declared"]


@asynccontextmanager
async def served(tools: Tools, service: Service | None = None, **facts: Any) -> AsyncIterator[ServedTools]:
    async with serving(service or tool_service(tools)) as address, connect(address) as channel:
        yield ServedTools(tools, address, ToolServiceStub(channel), **facts)


async def broken_by(rule: str, tools: Tools, service: Service | None = None, **facts: Any) -> list[str]:
    """What a rule finds, a sentence each."""
    [one] = [one for one in CALL_RULES if one.name == rule]
    async with served(tools, service, **facts) as running:
        return [str(problem) for problem in await problems_of(one, running)]


async def test_good_tools_keep_every_rule_and_one_that_writes_is_not_called() -> None:
    async with served([good, streams, says_no, writes]) as running:
        verdicts = [verdict async for verdict in check_calls(running)]
    assert [verdict for verdict in verdicts if not verdict.kept] == []
    assert len(verdicts) == len(CALL_RULES)


async def test_where_all_it_changes_is_scratch_a_tool_that_writes_is_called() -> None:
    [line] = await broken_by("examples_give_one_result", [writes], may_write=True)
    assert "writes: example 'three' crashed" in line


async def test_a_tool_that_costs_is_never_called() -> None:
    @tool(**READS, cost=0.01)
    def paid(a: Number) -> int:
        """Fail the test where it is called at all."""
        raise AssertionError("a tool that costs was called")

    assert await broken_by("examples_give_one_result", [paid], may_write=True) == []


@pytest.mark.parametrize(
    ("rule", "bad", "why"),
    [
        ("examples_give_one_result", crashes, "crashed"),
        ("outputs_keep_their_schema", lies, "must be a valid integer"),
        ("outputs_are_bounded", large, "over 2097152 bytes"),
        ("time_limits_are_kept", blocks, "was not done in 0.02 s"),
        ("calls_at_once_all_end", crashes, "one of 4 at once crashed"),
    ],
)
async def test_a_bad_call_is_found_and_the_tool_named(rule: str, bad: ToolFunction[..., Any], why: str) -> None:
    lines = await broken_by(rule, [good, bad])
    assert lines
    assert all(line.startswith(f"{bad.name}: ") and why in line for line in lines), lines


async def test_a_tool_that_blocks_the_event_loop_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_rules, "_PROMPT_S", 0.1)
    lines = await broken_by("deadlines_are_obeyed", [good, blocks])
    assert lines
    assert all(line.startswith("blocks: ") for line in lines), lines


async def test_a_tool_whose_dropped_calls_hold_every_thread_is_found() -> None:
    calls = itertools.count()
    released = threading.Event()

    @tool(**READS, timeout=timedelta(seconds=0.2))
    def hogs(a: Number) -> int:
        """Wait, whether anybody still asks or not."""
        if next(calls) < 2:
            released.wait(10)
        return a

    settings = ToolSettings.model_construct(max_threads=2)
    lines = await broken_by("cancelled_calls_end", [hogs], tool_service([hogs], settings=settings))
    released.set()
    assert [line.partition(",")[0] for line in lines] == [
        "hogs: after 4 dropped calls: tool 'hogs' was not done in time and was stopped"
    ]


class Careless(ToolServicer):
    """Answers to everything, and lists nothing."""

    async def ListTools(self, request: Any, context: Any) -> tool_service_pb2.ListToolsResponse:
        return tool_service_pb2.ListToolsResponse()

    async def InvokeTool(self, request: Any, context: Any) -> AsyncIterator[tool_service_pb2.InvokeToolResponse]:
        yield tool_service_pb2.InvokeToolResponse(result=tool_pb2.ToolResult(output_json="1"))
        yield tool_service_pb2.InvokeToolResponse(partial_output="more")


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("the_list_is_whole", "it lists []"),
        ("bad_pages_are_refused", "it answered to"),
        ("unknown_tools_are_not_found", "was answered"),
        ("unknown_arguments_are_refused", "good: a bad 'no_such_argument' was not refused"),
        ("missing_arguments_are_refused", "good: a bad 'a' was not refused"),
        ("wrong_types_are_refused", "good: a bad 'a' was not refused"),
        ("other_than_an_object_is_refused", "was not refused"),
        ("examples_give_one_result", "not one result at the end"),
    ],
)
async def test_a_careless_service_is_found(rule: str, why: str) -> None:
    service = Service(registrations=[(add_ToolServiceServicer_to_server, Careless([good]))])
    lines = await broken_by(rule, [good], service)
    assert lines
    assert why in lines[0]


async def test_a_service_that_is_not_well_is_found() -> None:
    async def never() -> bool:
        return False

    service = tool_service([good])
    service.ready = never
    assert "NOT_SERVING" in (await broken_by("health_is_serving", [good], service))[0]


async def test_a_process_that_does_not_drain_is_found() -> None:
    async def stop() -> int:
        return -9

    assert "it ended with -9" in (await broken_by("it_drains_on_sigterm", [good], stop=stop))[0]


async def test_a_service_that_is_gone_breaks_the_rule_and_not_the_check() -> None:
    [list_rule] = [one for one in CALL_RULES if one.name == "the_list_is_whole"]
    async with connect("127.0.0.1:1", default_timeout_s=0.5) as channel:
        gone = ServedTools([good], "127.0.0.1:1", ToolServiceStub(channel))
        assert "the service gave" in str((await problems_of(list_rule, gone))[0])


def test_rules_have_names_of_their_own_and_say_what_to_do() -> None:
    rules = [*DESCRIPTION_RULES, *CALL_RULES]
    assert len({rule.name for rule in rules}) == len(rules)
    assert all(rule.says and rule.remedy for rule in rules)
