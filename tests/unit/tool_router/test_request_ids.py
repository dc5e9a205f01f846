"""The same request id is the same call: joined while it runs, remembered after."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from toolmesh_core.errors import FailedPrecondition, InvalidInput, Unavailable
from toolmesh_tool_router.domain.call_events import Progress, ToolOutcome
from toolmesh_tool_router.domain.tool_definition import ToolDefinition

Make = Callable[..., ToolDefinition]
Router = Any  # FakeRouter of the conftest


class Held:
    """A tool that ends when it is told to."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()

    async def __call__(self) -> ToolOutcome:
        await self.gate.wait()
        return ToolOutcome("4")


async def test_a_repeated_id_returns_the_first_result_without_calling_again(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add"))
    first = await router.call("add", request_id="r1")
    assert await router.call("add", request_id="r1") == first
    assert len(service.calls) == 1


async def test_after_ten_minutes_the_id_is_a_new_call(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add"))
    await router.call("add", request_id="r1")
    router.clock.advance(601)
    await router.call("add", request_id="r1")
    assert len(service.calls) == 2


async def test_another_user_with_the_same_id_makes_another_call(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add"))
    await router.call("add", request_id="r1")
    await router.call("add", request_id="r1", user="bob")
    assert [call.user for call, _ in service.calls] == ["ada", "bob"]


async def test_the_same_id_with_other_arguments_is_refused(router: Router, definition: Make) -> None:
    await router.add("calc", definition("add"))
    await router.call("add", request_id="r1")
    with pytest.raises(InvalidInput, match="'r1' was used"):
        await router.call("add", '{"a": 4}', request_id="r1")


async def test_a_second_caller_joins_the_running_call_and_misses_nothing(router: Router, definition: Make) -> None:
    service, held = await router.add("calc", definition("add")), Held()
    service.behaviours = [[Progress(0.5, "half"), held]]
    callers = [asyncio.create_task(router.call("add", request_id="r1")) for _ in range(2)]
    await service.until(lambda it: it.calls)
    held.gate.set()
    first, second = await asyncio.gather(*callers)
    assert first == second
    assert first[0] == Progress(0.5, "half")
    assert len(service.calls) == 1


async def test_the_call_goes_on_while_one_of_its_callers_stays(router: Router, definition: Make) -> None:
    service, held = await router.add("calc", definition("add")), Held()
    service.behaviours = [[held]]
    first, second = (asyncio.create_task(router.call("add", request_id="r1")) for _ in range(2))
    await service.until(lambda it: it.calls)
    first.cancel()
    await asyncio.wait([first])
    held.gate.set()
    assert (await second)[-1].outcome.output_json == "4"
    assert service.cancelled == 0


async def cut_off(router: Router, service: Any) -> None:
    call = asyncio.create_task(router.call("add", request_id="r1"))
    await service.until(lambda it: it.calls)
    call.cancel()
    await asyncio.wait([call])
    await service.until(lambda it: it.cancelled)


async def test_a_call_cut_off_at_a_tool_that_is_not_idempotent_is_not_made_again(
    router: Router, definition: Make
) -> None:
    service = await router.add("calc", definition("add"))
    service.behaviours = [[Held()], [ToolOutcome("4")]]
    await cut_off(router, service)
    with pytest.raises(FailedPrecondition, match="nobody knows whether it took effect") as caught:
        await router.call("add", request_id="r1")
    assert caught.value.reason == "OUTCOME_UNKNOWN"


async def test_a_call_cut_off_at_an_idempotent_tool_may_be_made_again(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add", idempotent=True))
    service.behaviours = [[Held()], [ToolOutcome("4")]]
    await cut_off(router, service)
    assert (await router.call("add", request_id="r1"))[-1].outcome.output_json == "4"


async def test_a_call_that_never_reached_its_tool_may_be_made_again(router: Router, definition: Make) -> None:
    await router.add("calc", definition("add"))
    router.directory.set_unreachable("calc", "down")
    with pytest.raises(Unavailable):
        await router.call("add", request_id="r1")
    await router.follow.look()
    assert (await router.call("add", request_id="r1"))[-1].outcome.output_json == "4"


async def test_a_call_that_the_tool_refused_may_be_made_again(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add"))
    service.behaviours = [[InvalidInput("odd")], [ToolOutcome("4")]]
    with pytest.raises(InvalidInput):
        await router.call("add", request_id="r1")
    assert (await router.call("add", request_id="r1"))[-1].outcome.output_json == "4"


async def test_a_call_whose_tool_service_went_away_is_not_made_again(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add"))
    service.behaviours = [[Unavailable("socket closed")], [ToolOutcome("4")]]
    with pytest.raises(Unavailable):
        await router.call("add", request_id="r1")
    with pytest.raises(FailedPrecondition):
        await router.call("add", request_id="r1")
    assert len(service.calls) == 1


async def test_calls_without_an_id_are_never_joined(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add"))
    await asyncio.gather(router.call("add"), router.call("add"))
    assert len(service.calls) == 2
