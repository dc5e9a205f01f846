"""One call through all use cases: checks, tries, limits, breaker, places, results."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from toolmesh_core.call_context import calling
from toolmesh_core.errors import (
    Cancelled,
    DeadlineExceeded,
    Internal,
    InvalidInput,
    NotFound,
    ResourceExhausted,
    Unavailable,
)
from toolmesh_tool_router.domain.call_events import Finished, PartialOutput, Progress, ToolFailure, ToolOutcome
from toolmesh_tool_router.domain.tool_definition import ToolDefinition
from toolmesh_tool_router.domain.tool_registry import EndpointState

Make = Callable[..., ToolDefinition]
Router = Any  # FakeRouter of the conftest
DOWN = Unavailable("socket closed")


async def test_a_call_gives_its_events_and_then_how_it_ended(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add"))
    service.behaviours = [[Progress(0.5, "half"), PartialOutput("4"), ToolOutcome("4")]]
    *events, finished = await router.call("add")
    assert events == [Progress(0.5, "half"), PartialOutput("4")]
    assert (finished.outcome.output_json, finished.attempts, finished.truncated) == ("4", 1, False)
    assert router.meter.results == [("add", "ok")]
    assert router.meter.in_flight == 0


async def test_a_tool_that_sends_only_results_is_called_the_cheap_way(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add", result_only=True), definition("stream"))
    await router.call("add")
    await router.call("stream")
    assert service.for_result == 1


async def test_an_unknown_tool_is_not_found(router: Router, definition: Make) -> None:
    await router.add("calc", definition("add"))
    with pytest.raises(NotFound, match="did you mean 'add'"):
        await router.call("addd")
    assert router.meter.results == [("", "UNKNOWN_TOOL")]


@pytest.mark.parametrize(
    ("arguments", "field", "wanted"),
    [
        ('{"a": "x", "b": 1}', "a", ['"a" must be an integer, got "x"', '"b" is unknown']),
        ("", "a", ['"a" is required']),
        ("{", "arguments_json", ["not JSON"]),
        ("[1]", "arguments_json", ["must be an object"]),
        ('{"a": ' + "1" * 2000 + "}", "arguments_json", ["at most 1000"]),
    ],
)
async def test_bad_arguments_are_all_named_and_never_reach_the_tool(
    router: Router, definition: Make, arguments: str, field: str, wanted: list[str]
) -> None:
    service = await router.add("calc", definition("add"))
    with pytest.raises(InvalidInput) as caught:
        await router.call("add", arguments)
    assert [part for part in wanted if part not in caught.value.message] == []
    assert caught.value.field == field
    assert service.calls == []


async def test_the_tools_own_failure_is_a_result(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add"))
    service.behaviours = [[ToolOutcome(failure=ToolFailure("NO", "give another"))]]
    [finished] = await router.call("add")
    assert finished.outcome.failure == ToolFailure("NO", "give another")
    assert router.meter.results == [("add", "tool_failure")]


async def test_an_idempotent_tool_whose_service_went_away_is_tried_again(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add", idempotent=True))
    service.behaviours = [[DOWN], [DOWN], [ToolOutcome("4")]]
    [finished] = await router.call("add")
    assert (finished.outcome.output_json, finished.attempts) == ("4", 3)
    assert router.slept == pytest.approx([0.05, 0.1])


async def test_a_tool_that_is_not_idempotent_is_never_tried_again(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add"))
    service.behaviours = [[DOWN], [ToolOutcome("4")]]
    with pytest.raises(Unavailable, match=r"its service 'calc' failed or went away \(socket closed\)"):
        await router.call("add")
    assert len(service.calls) == 1


async def test_nothing_is_tried_again_once_output_was_passed_on(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add", idempotent=True))
    service.behaviours = [[PartialOutput("4"), DOWN], [ToolOutcome("4")]]
    with pytest.raises(Unavailable):
        await router.call("add")
    assert len(service.calls) == 1


async def test_a_retryable_failure_of_an_idempotent_tool_is_tried_again_and_told_if_it_stays(
    router: Router, definition: Make
) -> None:
    service = await router.add("calc", definition("add", idempotent=True))
    service.behaviours = [[ToolOutcome(failure=ToolFailure("BUSY", "busy", retryable=True))]]
    [finished] = await router.call("add")
    assert (finished.outcome.failure.reason, finished.attempts) == ("BUSY", 3)


async def test_a_tool_that_refuses_the_arguments_itself_passes_its_word_on(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add", idempotent=True))
    service.behaviours = [[InvalidInput("argument 'a' is odd", field="a")]]
    with pytest.raises(InvalidInput, match="odd"):
        await router.call("add")
    assert len(service.calls) == 1


@pytest.mark.parametrize("error", [Internal("boom"), Cancelled("stopping"), DOWN])
async def test_a_service_that_breaks_down_is_unavailable_by_name(
    router: Router, definition: Make, error: Exception
) -> None:
    service = await router.add("calc", definition("add"))
    service.behaviours = [[error]]
    with pytest.raises(Unavailable, match="'calc'"):
        await router.call("add")


async def test_a_stream_without_a_result_is_unavailable(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add"))
    service.behaviours = [[Progress(0.1, "")]]
    with pytest.raises(Unavailable, match="without a result"):
        await router.call("add")


async def test_a_result_counts_though_the_stream_breaks_after_it(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add"))
    service.behaviours = [[ToolOutcome("4"), DOWN]]
    [finished] = await router.call("add")
    assert finished.outcome.output_json == "4"


async def test_the_limit_of_a_try_is_the_least_of_all(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add"), definition("quick", timeout_s=5.0))
    await router.call("add")
    await router.call("quick")
    with calling(timeout_s=2):
        await router.call("quick")
    first, second, third = (limit for _, limit in service.calls)
    assert (first, second) == (30, 5)
    assert 1.5 < third < 2


async def test_a_slow_tool_is_a_deadline_that_names_it(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add", timeout_s=5.0, idempotent=True))
    service.behaviours = [[DeadlineExceeded("Deadline Exceeded")]]
    with pytest.raises(DeadlineExceeded, match="tool 'add' gave no result within 5 s"):
        await router.call("add")
    assert len(service.calls) == 1


async def test_a_service_that_keeps_failing_is_left_alone_then_tried_then_trusted(
    router: Router, definition: Make
) -> None:
    service = await router.add("calc", definition("add"))
    service.behaviours = [[DOWN], [DOWN], [DOWN], [ToolOutcome("4")]]
    for _ in range(3):
        with pytest.raises(Unavailable, match="went away"):
            await router.call("add")
    assert router.callable_names() == []
    assert router.directory.registry.services["calc"].state is EndpointState.BROKEN
    with pytest.raises(Unavailable, match=r"failed too often; try again in 5\.0 s"):
        await router.call("add")
    router.clock.advance(5)
    await router.follow.look()
    assert router.callable_names() == ["add"]
    await router.call("add")
    assert len(service.calls) == 4


async def test_a_trial_whose_caller_goes_leaves_room_for_the_next_trial(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add"))
    service.behaviours = [[DOWN], [DOWN], [DOWN], [asyncio.Event().wait], [ToolOutcome("4")]]
    for _ in range(3):
        with pytest.raises(Unavailable):
            await router.call("add")
    router.clock.advance(5)
    trial = asyncio.create_task(router.call("add"))
    await service.until(lambda it: len(it.calls) == 4)
    trial.cancel()
    await service.until(lambda it: it.cancelled)
    [finished] = await router.call("add")
    assert finished.outcome.output_json == "4"


async def test_a_caller_in_a_hurry_does_not_open_the_breaker(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add"))
    service.behaviours = [[DeadlineExceeded("late")]]
    for _ in range(5):
        with calling(timeout_s=1), pytest.raises(DeadlineExceeded):
            await router.call("add")
    assert router.callable_names() == ["add"]


async def test_a_service_that_is_down_is_not_called(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add"))
    router.directory.set_unreachable("calc", "connection refused")
    with pytest.raises(Unavailable, match=r"'calc' is down \(connection refused\)"):
        await router.call("add")
    assert service.calls == []


async def test_a_full_queue_refuses_and_those_inside_all_end(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add"))
    gate = asyncio.Event()

    async def wait() -> ToolOutcome:
        await gate.wait()
        return ToolOutcome("4")

    service.behaviours = [[wait]]
    inside = [asyncio.create_task(router.call("add")) for _ in range(3)]
    await service.until(lambda it: len(it.calls) == 2)
    with pytest.raises(ResourceExhausted, match="2 calls run and 1 wait"):
        await router.call("add")
    gate.set()
    assert all(isinstance(events[-1], Finished) for events in await asyncio.gather(*inside))
    assert len(service.calls) == 3


async def test_a_call_that_waits_too_long_for_a_place_says_so(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add"))
    service.behaviours = [[asyncio.Event().wait]]
    inside = [asyncio.create_task(router.call("add")) for _ in range(2)]
    await service.until(lambda it: len(it.calls) == 2)
    with calling(timeout_s=0.02), pytest.raises(DeadlineExceeded, match="no place came free"):
        await router.call("add")
    # Who gave up waiting has freed nobody's place.
    with calling(timeout_s=0.02), pytest.raises(DeadlineExceeded, match="no place came free"):
        await router.call("add")
    assert len(service.calls) == 2
    for task in inside:
        task.cancel()
    await asyncio.gather(*inside, return_exceptions=True)


async def test_the_tool_is_told_when_the_caller_goes(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add"))
    service.behaviours = [[asyncio.Event().wait]]
    call = asyncio.create_task(router.call("add"))
    await service.until(lambda it: it.calls)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await service.until(lambda it: it.cancelled)
    assert router.meter.results == [("add", "CANCELLED")]


async def test_a_large_output_becomes_an_artifact_and_a_summary(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add"))
    text = json.dumps(list(range(1000)))
    service.behaviours = [[ToolOutcome(text)]]
    [finished] = await router.call("add")
    output = json.loads(finished.outcome.output_json)
    assert finished.truncated
    assert (output["artifact"], output["size_bytes"], output["summary"]["count"]) == ("sha256-1", len(text), 1000)
    assert finished.outcome.artifacts[0].artifact == "sha256-1"
    assert router.artifacts.stored == [("ada", text.encode(), "application/json", "add.json")]


@pytest.mark.parametrize("text", [json.dumps("x" * 998), json.dumps("中" * 300, ensure_ascii=False)], ids=len)
async def test_an_output_within_the_limit_in_bytes_is_passed_on_whole(
    router: Router, definition: Make, text: str
) -> None:
    service = await router.add("calc", definition("add"))
    service.behaviours = [[ToolOutcome(text)]]
    [finished] = await router.call("add")
    assert (finished.outcome.output_json, finished.truncated) == (text, False)


async def test_a_large_text_is_stored_as_text(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add"))
    service.behaviours = [[ToolOutcome(json.dumps("中" * 500, ensure_ascii=False))]]
    await router.call("add")
    assert router.artifacts.stored == [("ada", ("中" * 500).encode(), "text/plain; charset=utf-8", "add.txt")]


async def test_without_memory_the_summary_says_so_and_is_still_short(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add"))
    service.behaviours = [[ToolOutcome(json.dumps("x" * 5000))]]
    router.artifacts.error = Unavailable("memory is down")
    [finished] = await router.call("add")
    output = json.loads(finished.outcome.output_json)
    assert output["artifact"] is None
    assert "memory is down" in output["note"]
    assert len(finished.outcome.output_json) < 1000


@pytest.mark.parametrize("text", ["", "{", "not json" * 1000])
async def test_output_that_is_not_json_is_a_failure_of_the_tool(router: Router, definition: Make, text: str) -> None:
    service = await router.add("calc", definition("add"))
    service.behaviours = [[ToolOutcome(text)]]
    [finished] = await router.call("add")
    assert finished.outcome.failure.reason == "BAD_OUTPUT"


async def test_endless_partial_output_is_stopped(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add"))
    service.behaviours = [[PartialOutput("x" * 60), PartialOutput("x" * 60), ToolOutcome("4")]]
    with pytest.raises(ResourceExhausted, match="more partial output"):
        await router.call("add")
