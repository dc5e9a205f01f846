"""Watching a run: all its events, in order, once, whenever one joins."""

import asyncio

import pytest

from toolmesh.planner.v1.run_event_pb2 import RunEvent
from toolmesh_core.errors import InvalidInput, NotFound, ResourceExhausted, Unavailable
from toolmesh_planner.app.event_feed import EventFeed


async def _watch(world, run, after=0, user="ann"):
    return [event async for event in world.planner.rpcs.read.events(user, run.id, after)]


async def test_a_watcher_of_a_fast_run_misses_nothing(world, says, wants):
    world.decides(wants("add"), says("x"))
    run = await world.ask()
    kept = [event.sequence for event in await _watch(world, run) if event.sequence]
    assert kept == list(range(1, 8))


async def test_a_watcher_of_an_ended_run_reads_the_journal(world, says):
    world.decides(says("x"))
    run = await world.run()
    assert [event.sequence for event in await _watch(world, run)] == [1, 2, 3, 4]
    assert [event.sequence for event in await _watch(world, run, after=2)] == [3, 4]


async def test_watchers_that_join_at_any_moment_see_the_same(world, says, wants):
    world.decides(*[wants("add", "send")] * 5, says("x"))
    run = await world.ask()
    watches = []
    for _ in range(60):
        watches.append(asyncio.create_task(_watch(world, run, after=2)))
        await asyncio.sleep(0)
    kept = [[event.sequence for event in await watch if event.sequence] for watch in watches]
    assert set(map(tuple, kept)) == {tuple(range(3, len(world.journal.events[run.id]) + 1))}


async def test_pieces_of_the_answer_come_live_and_are_not_kept(world, says):
    world.controller.deltas = ["Hel", "lo"]
    world.controller.gate = asyncio.Event()
    world.decides(says("Hello"))
    run = await world.ask()
    watching = asyncio.create_task(_watch(world, run))
    await world.until(lambda: world.controller.requests)
    world.controller.gate.set()
    events = await watching
    assert "".join(event.answer_delta for event in events) == "Hello"
    assert {event.sequence for event in events if event.answer_delta} == {0}
    assert "answer_delta" not in world.kinds(run)


async def test_who_joins_in_the_middle_of_an_answer_gets_its_beginning(world, says):
    world.controller.deltas = ["Hel", "lo"]
    world.controller.gate = asyncio.Event()
    world.decides(says("Hello"))
    run = await world.ask()
    await world.until(lambda: world.controller.requests and "tools_retrieved" in world.kinds(run))
    await asyncio.sleep(0)
    watching = asyncio.create_task(_watch(world, run))
    await asyncio.sleep(0)
    world.controller.gate.set()
    assert "".join(event.answer_delta for event in await watching) == "Hello"


async def test_an_answer_that_is_written_again_is_not_told_twice(world, says):
    world.controller.deltas = ["Hel", "lo"]
    world.decides(Unavailable("gone"), says("Hello"))
    run = await world.ask()
    assert "".join(event.answer_delta for event in await _watch(world, run)) == "Hello"


async def test_progress_of_a_call_is_told_live(world, says, wants):
    world.decides(wants("add"), says("x"))
    run = await world.ask()
    progress = [event.tool_progress for event in await _watch(world, run) if event.HasField("tool_progress")]
    assert [(one.fraction, one.message) for one in progress] == [(0.5, "half")]


async def test_of_a_tool_that_sends_only_its_result_no_progress_is_asked_for(world, says, wants):
    world.retriever.tools[0][0].result_only = True
    world.decides(wants("add"), says("x"))
    run = await world.ask()
    assert not any(event.HasField("tool_progress") for event in await _watch(world, run))
    world.retriever.tools[0][0].result_only = False


async def test_another_users_run_cannot_be_watched(world, says):
    world.decides(says("x"))
    run = await world.ask()
    with pytest.raises(NotFound):
        await _watch(world, run, user="bob")
    await world.finish(run)
    with pytest.raises(NotFound):
        await _watch(world, run, user="bob")
    with pytest.raises(NotFound):
        await world.planner.rpcs.read.get("bob", run.id)


async def test_a_sequence_below_zero_is_refused(world, says):
    world.decides(says("x"))
    with pytest.raises(InvalidInput):
        await _watch(world, await world.ask(), after=-1)


async def test_a_drain_tells_watchers_where_to_go_on(world):
    world.controller.gate = asyncio.Event()
    run = await world.ask()
    watching = asyncio.create_task(_watch(world, run))
    await world.until(lambda: world.controller.requests)
    await world.planner.drain()
    with pytest.raises(Unavailable, match="planner is restarting, resume after sequence 2"):
        await watching


async def test_a_full_disk_is_told_to_watchers_and_the_run_goes_on_later(world, says):
    world.controller.gate = asyncio.Event()
    world.decides(says("x"), says("x"))
    run = await world.ask()
    watching = asyncio.create_task(_watch(world, run))
    await world.until(lambda: "tools_retrieved" in world.kinds(run))
    world.journal.error = ResourceExhausted("the disk is full", reason="DISK_FULL")
    world.controller.gate.set()
    with pytest.raises(ResourceExhausted, match="the disk is full"):
        await watching
    assert (await world.planner.rpcs.read.get("ann", run.id)).state == run.state
    world.journal.error = None
    following = asyncio.create_task(world.planner.resume.follow())
    await world.until(lambda: run.id in world.journal.finals)
    following.cancel()
    assert world.journal.finals[run.id].output == "x"


async def test_a_slow_watcher_loses_pieces_but_never_a_kept_event():
    feed = EventFeed()
    with feed.watch(0) as watcher:
        for _ in range(5000):
            feed.publish_delta("x", 1)
        feed.publish([RunEvent(sequence=1)])
        feed.publish_delta("y", 2)
        feed.end()
        events = [event async for event in watcher.events()]
    assert len(events) < 2100
    assert [event.sequence or event.answer_delta for event in events[-2:]] == [1, "x"] or events[-1].sequence == 1
