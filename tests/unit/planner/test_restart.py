"""A planner that starts again on the journal of one that stopped, at any moment."""

import asyncio

import pytest

from toolmesh.planner.v1 import run_pb2
from toolmesh_core.errors import Internal
from toolmesh_planner.domain.next_action import MOST_FRUITLESS_RESUMES


def crash(world):
    """The planner is gone without a word: what it was doing is never heard of again."""
    for task in asyncio.all_tasks():
        if task is not asyncio.current_task():
            task.cancel()


async def _at(world, kind, decision, **fields):
    world.decides(decision)
    run = await world.ask(**fields)
    await world.until(lambda: kind in world.kinds(run))
    return run


async def test_an_idempotent_call_under_way_is_made_again(world, says, wants):
    world.router.gates["add"] = asyncio.Event()
    run = await _at(world, "tool_call_started", wants("add"))
    crash(world)
    world.router.gates.clear()
    world.decides(says("5"))
    await world.new_planner().resume.all()
    ended = await world.finish(run)
    assert ended.output == "5"
    assert len({call.id for call in world.router.calls}) == 1
    assert "run_resumed" in world.kinds(run)
    resumed = [event.run_resumed for event in world.journal.events[run.id] if event.HasField("run_resumed")]
    assert list(resumed[0].repeated_tool_call_ids) == [world.router.calls[0].id]


async def test_any_other_call_under_way_ends_the_run_and_says_so(world, wants):
    world.router.gates["send"] = asyncio.Event()
    run = await _at(world, "tool_call_started", wants("send"))
    await world.until(lambda: world.router.calls)
    crash(world)
    await world.new_planner().resume.all()
    ended = await world.finish(run)
    assert (ended.state, ended.end_reason) == (run_pb2.RUN_STATE_FAILED, run_pb2.END_REASON_INTERRUPTED_CALL)
    assert "'send'" in ended.output
    assert len(world.router.calls) == 1


async def test_a_finished_call_is_not_made_again(world, says, wants):
    run = await _at(world, "tool_call_finished", wants("send"))
    crash(world)
    world.decides(says("sent"))
    await world.new_planner().resume.all()
    ended = await world.finish(run)
    assert (ended.output, len(world.router.calls)) == ("sent", 1)


async def test_of_several_calls_only_the_open_ones_are_made_again(world, says, wants):
    world.router.gates["add"] = asyncio.Event()
    run = await _at(world, "tool_call_finished", wants("send", "add"))
    crash(world)
    world.router.gates.clear()
    world.decides(says("x"))
    await world.new_planner().resume.all()
    await world.finish(run)
    assert [call.tool for call in world.router.calls] == ["send", "add", "add"]


async def test_the_conversation_is_the_same_as_without_the_crash(world, says, wants):
    run = await _at(world, "tool_call_finished", wants("add"))
    crash(world)
    before = list(world.controller.requests[-1].messages)
    world.decides(says("x"))
    await world.new_planner().resume.all()
    await world.finish(run)
    assert list(world.controller.requests[-1].messages)[: len(before)] == before
    names = [candidate.tool.name for candidate in world.controller.requests[-1].candidates]
    assert names == ["add", "send", "pay"]


async def test_a_tool_that_has_gone_is_no_longer_offered(world, says, wants):
    run = await _at(world, "tool_call_finished", wants("add"))
    crash(world)
    del world.router.tools["pay"]
    world.decides(says("x"))
    await world.new_planner().resume.all()
    await world.finish(run)
    assert [candidate.tool.name for candidate in world.controller.requests[-1].candidates] == ["add", "send"]


async def test_a_decision_under_way_is_asked_for_again(world, says):
    world.controller.gate = asyncio.Event()
    run = await _at(world, "tools_retrieved", says("lost"))
    await world.until(lambda: world.controller.requests)
    crash(world)
    world.controller.gate = None
    world.controller.script[:] = [says("found")]
    await world.new_planner().resume.all()
    assert (await world.finish(run)).output == "found"


async def test_a_crash_between_telling_the_session_and_the_end_tells_it_once(world, says):
    world.decides(says("x"))
    told = asyncio.Event()
    append = world.memory.append

    async def then_crash(user, session, run, messages):
        await append(user, session, run, messages)
        told.set()
        await asyncio.Event().wait()

    world.memory.append = then_crash
    run = await world.ask(session="s")
    await told.wait()
    crash(world)
    world.memory.append = append
    await world.new_planner().resume.all()
    assert (await world.finish(run)).output == "x"
    assert len(world.memory.sessions[("ann", "s")]) == 2


async def test_a_cancel_that_was_settled_is_not_undone_by_a_crash(world):
    world.controller.gate = asyncio.Event()
    run = await world.ask(session="s")
    await world.until(lambda: world.controller.requests)
    forever = asyncio.Event()

    async def hangs(user, session, run, messages):
        await forever.wait()

    append, world.memory.append = world.memory.append, hangs
    await world.planner.rpcs.cancel("ann", run.id)
    crash(world)
    world.memory.append = append
    await world.new_planner().resume.all()
    assert (await world.finish(run)).state == run_pb2.RUN_STATE_CANCELLED


async def test_time_without_a_planner_is_not_the_runs(world, says, wants):
    run = await _at(world, "tool_call_finished", wants("add"))
    crash(world)
    world.clock.advance(10_000)
    world.decides(says("x"))
    await world.new_planner().resume.all()
    assert (await world.finish(run)).output == "x"


async def test_a_run_that_brings_the_planner_down_each_time_is_given_up(world):
    world.controller.gate = asyncio.Event()
    run = await world.ask()
    await world.until(lambda: world.controller.requests)
    for times in range(1, MOST_FRUITLESS_RESUMES + 2):
        crash(world)
        await world.new_planner().resume.all()
        await world.until(lambda times=times: world.kinds(run).count("run_resumed") == times)
    ended = await world.finish(run)
    assert ended.error.reason == "PLANNER_CRASHES"


async def test_a_drain_leaves_a_decision_and_waits_for_a_call(world, says, wants):
    world.router.gates["send"] = asyncio.Event()
    run = await _at(world, "tool_call_started", wants("send"))
    await world.until(lambda: world.router.calls)
    draining = asyncio.create_task(world.planner.drain())
    await asyncio.sleep(0)
    world.router.gates["send"].set()
    await draining
    assert world.kinds(run)[-1] == "tool_call_finished"
    world.decides(says("sent"))
    await world.new_planner().resume.all()
    assert (await world.finish(run)).output == "sent"


async def test_a_damaged_run_does_not_keep_the_others_back(world, says):
    world.controller.gate = asyncio.Event()
    broken = await world.ask()
    run = await world.ask()
    await world.until(lambda: all(len(events) == 2 for events in world.journal.events.values()))
    crash(world)
    del world.journal.events[broken.id][0]
    world.controller.gate = None
    world.controller.script[:] = [says("x")]
    await world.new_planner().resume.all()
    assert (await world.finish(run)).output == "x"
    with pytest.raises(Internal, match="the journal is damaged"):
        await world.planner.rpcs.read.get("ann", broken.id)
