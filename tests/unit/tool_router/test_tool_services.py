"""Registering tool services, looking after them, and telling those who watch."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from toolmesh_core.errors import AlreadyExists, InvalidInput, NotFound, ResourceExhausted, Unavailable
from toolmesh_tool_router.app.tool_feed import ToolFeed
from toolmesh_tool_router.domain.tool_definition import ToolDefinition
from toolmesh_tool_router.domain.tool_registry import EndpointState, ToolChange
from toolmesh_tool_router.settings import ToolRouterSettings

Make = Callable[..., ToolDefinition]
Router = Any  # FakeRouter of the conftest


def state_of(router: Router, name: str) -> EndpointState:
    found = router.directory.registry.services[name].state
    assert isinstance(found, EndpointState)
    return found


async def test_a_registered_service_is_ready_and_kept(router: Router, definition: Make) -> None:
    await router.add("calc", definition("add"))
    assert state_of(router, "calc") is EndpointState.READY
    assert [tool.name for tool in router.store.services["calc"].tools] == ["add"]


async def test_registering_again_replaces_the_service_and_keeps_its_age(router: Router, definition: Make) -> None:
    old = await router.add("calc", definition("add"))
    created = router.directory.registry.services["calc"].create_time
    router.clock.advance(60)
    await router.add("calc", definition("sub"), address="elsewhere")
    service = router.directory.registry.services["calc"]
    assert (service.address, service.create_time, router.callable_names()) == ("elsewhere", created, ["sub"])
    await asyncio.sleep(0)
    assert old.closed


@pytest.mark.parametrize(
    ("name", "address", "field"), [("a b", "x:1", "name"), ("", "x:1", "name"), ("a", " ", "address")]
)
async def test_a_bad_name_or_address_is_refused(router: Router, name: str, address: str, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        await router.register.register(name, address)
    assert caught.value.field == field


async def test_a_service_that_does_not_answer_is_not_registered(router: Router) -> None:
    with pytest.raises(Unavailable, match=r"'calc' at 'nowhere:1' did not list its tools: connection refused"):
        await router.register.register("calc", "nowhere:1")
    assert (router.store.services, router.directory.registry.services) == ({}, {})


async def test_a_tool_name_that_is_taken_is_refused_and_the_connection_closed(router: Router, definition: Make) -> None:
    await router.add("calc", definition("add"))
    with pytest.raises(AlreadyExists):
        await router.add("other", definition("add"))
    assert router.connector.services["other"].closed
    assert list(router.store.services) == ["calc"]


async def test_of_two_that_register_one_name_at_once_one_wins(router: Router, definition: Make) -> None:
    outcomes = await asyncio.gather(
        *(router.add(name, definition("add")) for name in ("one", "two")), return_exceptions=True
    )
    assert sum(isinstance(outcome, AlreadyExists) for outcome in outcomes) == 1


async def test_a_service_that_cannot_be_kept_is_not_registered(router: Router, definition: Make) -> None:
    router.store.error = ResourceExhausted("the disk is full")
    with pytest.raises(ResourceExhausted):
        await router.add("calc", definition("add"))
    assert router.callable_names() == []


async def test_unregistering_forgets_the_tools_and_is_no_error_twice(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add"))
    await router.register.unregister("calc")
    await router.register.unregister("calc")
    with pytest.raises(NotFound):
        await router.call("add")
    assert router.store.services == {}
    assert router.meter.breakers == {"calc": None}
    await asyncio.sleep(0)
    assert service.closed


async def test_an_expected_service_becomes_ready_when_it_answers(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add"))
    await router.register.unregister("calc")
    service.serving = Unavailable("connection refused")
    await router.register.expect("calc", "calc")
    await router.follow.look()
    assert (state_of(router, "calc"), router.follow.all_seen({"calc"})) == (EndpointState.UNREACHABLE, False)
    service.serving = True
    router.clock.advance(1)
    await router.follow.look()
    assert (router.callable_names(), router.follow.all_seen({"calc"})) == (["add"], True)


async def test_after_a_restart_known_tools_wait_for_their_service(router: Router, definition: Make) -> None:
    await router.add("calc", definition("add"))
    again = type(router)(store=router.store, connector=router.connector)
    await again.register.restore()
    assert again.callable_names() == []
    with pytest.raises(Unavailable, match="not asked yet"):
        await again.call("add")
    await again.follow.look()
    assert again.callable_names() == ["add"]


async def test_a_service_that_is_down_is_left_out_and_its_tools_are_listed_again_on_return(
    router: Router, definition: Make
) -> None:
    service = await router.add("calc", definition("add"))
    await router.follow.look()
    service.serving = False
    router.clock.advance(1)
    await router.follow.look()
    assert router.callable_names() == []
    service.serving, service.definitions = True, [definition("add"), definition("sub")]
    router.clock.advance(1)
    await router.follow.look()
    assert router.callable_names() == ["add", "sub"]


async def test_a_service_that_comes_back_is_trusted_again_at_once(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add"))
    service.behaviours = [[Unavailable("socket closed")]] * 3 + service.behaviours
    for _ in range(3):
        with pytest.raises(Unavailable):
            await router.call("add")
    service.serving = False
    await router.follow.look()
    service.serving = True
    router.clock.advance(1)
    await router.follow.look()
    assert (await router.call("add"))[-1].outcome.output_json == "4"


async def test_a_service_that_went_wrong_in_a_call_is_looked_at_before_it_is_due(
    router: Router, definition: Make
) -> None:
    service = await router.add("calc", definition("add"))
    await router.follow.look()
    service.behaviours, service.serving = [[Unavailable("socket closed")]], Unavailable("connection refused")
    with pytest.raises(Unavailable):
        await router.call("add")
    router.clock.advance(0.2)
    await router.follow.look()
    assert state_of(router, "calc") is EndpointState.UNREACHABLE


async def test_a_healthy_services_tools_are_listed_again_now_and_then(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add"))
    await router.follow.look()
    before = service.listings
    for _ in range(16):
        router.clock.advance(1)
        await router.follow.look()
    assert service.listings == before + 1


async def test_a_service_that_says_with_its_health_that_its_tools_changed_is_listed_at_the_next_look(
    router: Router, definition: Make
) -> None:
    service = await router.add("calc", definition("add"))
    await router.follow.look()
    service.definitions, service.tools_version = [definition("add"), definition("sub")], "2"
    before = service.listings
    for _ in range(3):
        router.clock.advance(1)
        await router.follow.look()
    assert router.callable_names() == ["add", "sub"]
    assert service.listings == before + 1


async def test_a_service_that_returns_with_a_taken_or_bad_tool_stays_out_and_says_why(
    router: Router, definition: Make
) -> None:
    await router.add("calc", definition("add"))
    other = await router.add("other", definition("sub"))
    other.definitions = [definition("add")]
    router.clock.advance(20)
    await router.follow.look()
    service = router.directory.registry.services["other"]
    assert service.state is EndpointState.UNREACHABLE
    assert "'add' is on 'calc'" in service.detail


async def test_a_full_disk_does_not_take_a_good_service_away(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add"))
    router.store.error = ResourceExhausted("the disk is full")
    service.definitions = [definition("add"), definition("sub")]
    router.clock.advance(20)
    await router.follow.look()
    assert router.callable_names() == ["add", "sub"]


async def test_a_watcher_gets_all_tools_first_and_then_each_change(router: Router, definition: Make) -> None:
    await router.add("calc", definition("add"))
    watch = router.directory.feed.watch()
    assert [tool.name for tool in await anext(watch)] == ["add"]
    await router.add("more", definition("sub"))
    router.directory.set_unreachable("calc", "down")
    assert await anext(watch) == ToolChange("sub", definition("sub"))
    assert await anext(watch) == ToolChange("add")
    await watch.aclose()


async def test_a_slow_watcher_gets_the_latest_of_each_tool_only(definition: Make) -> None:
    feed = ToolFeed(list, max_pending=4)
    watch = feed.watch()
    await anext(watch)
    for version in ("1", "2", "3", "4", "5", "6"):
        feed.publish([ToolChange("add", definition("add", version=version))])
    assert await anext(watch) == ToolChange("add", definition("add", version="6"))
    await watch.aclose()


async def test_a_watcher_that_fell_too_far_behind_gets_a_new_snapshot(definition: Make) -> None:
    now = [definition("add")]
    feed = ToolFeed(lambda: list(now), max_pending=4)
    watch = feed.watch()
    await anext(watch)
    now.append(definition("sub"))
    feed.publish([ToolChange(f"t{number}") for number in range(5)])
    assert await anext(watch) == now
    feed.publish([ToolChange("sub")])
    assert await anext(watch) == ToolChange("sub")
    await watch.aclose()


async def test_a_drain_ends_the_watches(definition: Make) -> None:
    feed = ToolFeed(list, max_pending=4)
    watch = feed.watch()
    await anext(watch)
    waiting = asyncio.ensure_future(anext(watch, None))
    await asyncio.sleep(0)
    feed.close()
    assert await waiting is None


def test_the_configured_tool_services_are_read() -> None:
    settings = ToolRouterSettings(tool_services="calc=unix:/tmp/c.sock, web=127.0.0.1:7011,")
    assert settings.addresses() == {"calc": "unix:/tmp/c.sock", "web": "127.0.0.1:7011"}


@pytest.mark.parametrize("text", ["calc", "calc=", "=x:1", "a b=x:1"])
def test_tool_services_that_cannot_be_read_stop_the_start(text: str) -> None:
    with pytest.raises(ValidationError, match="name=address"):
        ToolRouterSettings(tool_services=text)


def test_a_definition_is_compared_by_all_it_says(definition: Make) -> None:
    assert definition("add") == replace(definition("add", tags=("x",)), tags=())


def hold_health_of(service: Any, error: Unavailable | None) -> tuple[asyncio.Event, asyncio.Event]:
    """Makes a service answer for its health only when told to; gives "asked" and "answer"."""
    asked, answer = asyncio.Event(), asyncio.Event()

    async def is_serving(timeout_s: float) -> bool:
        asked.set()
        await answer.wait()
        if error:
            raise error
        return True

    service.is_serving = is_serving
    return asked, answer


async def test_a_look_at_a_version_that_was_replaced_does_not_take_the_new_one_away(
    router: Router, definition: Make
) -> None:
    asked, answer = hold_health_of(await router.add("calc", definition("add")), Unavailable("it is draining"))
    looking = asyncio.create_task(router.follow.look())
    await asked.wait()
    await router.add("calc", definition("add"), address="new")
    answer.set()
    await looking
    assert state_of(router, "calc") is EndpointState.READY


async def test_a_service_that_is_removed_while_it_is_looked_at_is_let_go(router: Router, definition: Make) -> None:
    asked, answer = hold_health_of(await router.add("calc", definition("add")), None)
    looking = asyncio.create_task(router.follow.look())
    await asked.wait()
    await router.register.unregister("calc")
    answer.set()
    await looking
    await router.follow.look()
    assert router.directory.registry.services == {}
