"""Cancelling at any point."""

import asyncio

import pytest

from toolmesh.planner.v1 import run_pb2
from toolmesh_core.errors import NotFound, Unavailable


async def test_a_decision_under_way_is_cut_off(world, says):
    world.controller.gate = asyncio.Event()
    run = await world.ask()
    await world.until(lambda: world.controller.requests)
    cancelled = await world.planner.rpcs.cancel("ann", run.id)
    assert (cancelled.state, cancelled.end_reason) == (run_pb2.RUN_STATE_CANCELLED, run_pb2.END_REASON_CANCELLED)
    assert world.journal.finals[run.id] == cancelled
    assert cancelled.output == "The run ended without an answer: it was cancelled."


async def test_calls_under_way_are_cut_off_and_recorded_as_such(world, wants):
    world.router.gates = {"add": asyncio.Event(), "send": asyncio.Event()}
    world.decides(wants("add", "send"))
    run = await world.ask()
    await world.until(lambda: len(world.router.calls) == 2)
    await world.planner.rpcs.cancel("ann", run.id)
    assert len(world.router.cancelled) == 2
    results = [event.tool_call_finished.result for event in world.journal.events[run.id]][-3:-1]
    assert [result.failure.reason for result in results] == ["CANCELLED", "CANCELLED"]
    assert world.kinds(run)[-1] == "run_ended"


async def test_a_run_that_waits_for_approval_is_cancelled(world, wants):
    world.decides(wants("pay"))
    run = await world.ask()
    await world.until(lambda: "approval_requested" in world.kinds(run))
    cancelled = await world.planner.rpcs.cancel("ann", run.id)
    assert cancelled.state == run_pb2.RUN_STATE_CANCELLED
    assert list(cancelled.pending_approvals) == []


async def test_a_run_is_cancelled_before_it_has_done_anything(world):
    run = await world.ask()
    assert (await world.planner.rpcs.cancel("ann", run.id)).state == run_pb2.RUN_STATE_CANCELLED


async def test_an_ended_run_stays_as_it_is(world, says):
    world.decides(says("42"))
    run = await world.run()
    assert await world.planner.rpcs.cancel("ann", run.id) == run


async def test_cancelling_twice_gives_the_same_run(world):
    world.controller.gate = asyncio.Event()
    run = await world.ask()
    await world.until(lambda: world.controller.requests)
    cancel = world.planner.rpcs.cancel
    one, other = await asyncio.gather(cancel("ann", run.id), cancel("ann", run.id))
    assert one == other
    assert world.kinds(run).count("run_ended") == 1


async def test_another_users_run_cannot_be_cancelled(world):
    world.controller.gate = asyncio.Event()
    run = await world.ask()
    with pytest.raises(NotFound):
        await world.planner.rpcs.cancel("bob", run.id)


async def test_a_cancel_is_on_disk_before_the_session_is_told(world):
    world.controller.gate = asyncio.Event()
    world.memory.errors = [Unavailable("memory is down")] * 1000
    run = await world.ask(session="s")
    await world.until(lambda: world.controller.requests)
    cancelled = await world.planner.rpcs.cancel("ann", run.id)
    assert cancelled.state == run_pb2.RUN_STATE_CANCELLED
    assert world.journal.endings[run.id].state == run_pb2.RUN_STATE_CANCELLED
