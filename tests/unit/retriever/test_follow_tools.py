"""The catalog follows the router and outlives it."""

import asyncio
from collections.abc import Awaitable, Callable

from toolmesh_core.errors import Unavailable
from toolmesh_retriever.app.follow_tools import FollowTools
from toolmesh_retriever.app.ports import ToolChange
from toolmesh_retriever.app.tool_catalog import ToolCatalog

from .fakes import FakeFeed, FakeToolStore, record

SONG, FILM = record("song", "plays"), record("film", "shows")


def recording(pauses: list[float]) -> Callable[[float], Awaitable[None]]:
    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    return sleep


async def follow_until_idle(
    feed: FakeFeed, catalog: ToolCatalog, store: FakeToolStore
) -> tuple[FollowTools, list[float]]:
    pauses: list[float] = []
    follow = FollowTools(feed, catalog, store, lambda: None, recording(pauses))
    task = asyncio.create_task(follow.run())
    await feed.idle.wait()
    task.cancel()
    return follow, pauses


async def test_a_snapshot_and_changes_are_applied_and_kept(catalog: ToolCatalog) -> None:
    store = FakeToolStore()
    feed = FakeFeed([ToolChange(True, [SONG]), ToolChange(upserted=[FILM]), ToolChange(removed=["song"])])
    await follow_until_idle(feed, catalog, store)
    assert catalog.size == 1
    assert list(store.tools) == ["film"]


async def test_a_later_snapshot_removes_what_is_gone(catalog: ToolCatalog) -> None:
    store = FakeToolStore()
    await follow_until_idle(FakeFeed([ToolChange(True, [SONG, FILM])], [ToolChange(True, [FILM])]), catalog, store)
    assert list(store.tools) == ["film"]


async def test_a_lost_router_is_asked_again_with_growing_pauses_and_its_tools_stay(catalog: ToolCatalog) -> None:
    lost = Unavailable("down")
    feed = FakeFeed([ToolChange(True, [SONG]), lost], [lost], [lost], [lost], [lost], [lost], [lost])
    follow, pauses = await follow_until_idle(feed, catalog, FakeToolStore())
    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0]
    assert catalog.size == 1
    assert "last known" in follow.outdated()


async def test_tools_are_up_to_date_while_the_router_is_followed(catalog: ToolCatalog) -> None:
    taken = asyncio.Event()
    feed = FakeFeed([ToolChange(True, [SONG])])
    follow = FollowTools(feed, catalog, FakeToolStore(), taken.set)
    held = asyncio.Event()
    original = feed.changes

    async def staying():  # type: ignore[no-untyped-def]
        async for change in original():
            yield change
        held.set()
        await asyncio.Event().wait()

    feed.changes = staying  # type: ignore[method-assign]
    task = asyncio.create_task(follow.run())
    await held.wait()
    assert taken.is_set()
    assert follow.outdated() == ""
    task.cancel()


async def test_the_last_known_tools_are_there_before_the_router(catalog: ToolCatalog) -> None:
    store = FakeToolStore()
    await store.apply([SONG, FILM], [])
    await FollowTools(None, catalog, store, lambda: None).load_last_known()
    assert catalog.size == 2


async def test_without_a_router_nothing_is_followed_and_that_is_told(catalog: ToolCatalog) -> None:
    follow = FollowTools(None, catalog, FakeToolStore(), lambda: None)
    await follow.run()
    assert follow.outdated() == "no tool router is set"
