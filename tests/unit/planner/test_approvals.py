"""Calls that a person must approve."""

import asyncio

import pytest

from toolmesh.planner.v1 import run_pb2
from toolmesh_core.errors import FailedPrecondition, NotFound


async def _waiting(world, wants, *names):
    world.decides(wants(*(names or ("pay",))))
    run = await world.ask()
    await world.until(lambda: "approval_requested" in world.kinds(run))
    return await world.planner.rpcs.read.get("ann", run.id)


async def test_a_call_that_needs_approval_waits_for_it(world, wants):
    run = await _waiting(world, wants)
    assert run.state == run_pb2.RUN_STATE_WAITING_FOR_APPROVAL
    assert [call.tool for call in run.pending_approvals] == ["pay"]
    assert world.router.calls == []


async def test_an_approved_call_is_made(world, says, wants):
    run = await _waiting(world, wants)
    world.decides(says("paid"))
    call = run.pending_approvals[0].id
    await world.planner.rpcs.approve("ann", run.id, call, approved=True, comment="")
    ended = await world.finish(run)
    assert (ended.output, [made.id for made in world.router.calls]) == ("paid", [call])
    assert list(ended.pending_approvals) == []


async def test_a_refused_call_is_not_made_and_the_llm_is_told_why(world, says, wants):
    run = await _waiting(world, wants)
    world.decides(says("then not"))
    await world.planner.rpcs.approve("ann", run.id, run.pending_approvals[0].id, approved=False, comment="too dear")
    ended = await world.finish(run)
    assert (ended.output, world.router.calls) == ("then not", [])
    assert "too dear" in world.controller.requests[1].messages[-1].content


async def test_a_refused_call_that_is_wanted_again_ends_the_run(world, wants):
    run = await _waiting(world, wants)
    world.decides(wants("pay"))
    await world.planner.rpcs.approve("ann", run.id, run.pending_approvals[0].id, approved=False, comment="")
    ended = await world.finish(run)
    assert ended.end_reason == run_pb2.END_REASON_APPROVAL_REFUSED
    assert "refused" in ended.output


async def test_a_decided_call_stays_as_decided(world, says, wants):
    run = await _waiting(world, wants)
    world.decides(says("paid"))
    call = run.pending_approvals[0].id
    approve = world.planner.rpcs.approve
    await approve("ann", run.id, call, approved=True, comment="")
    await approve("ann", run.id, call, approved=False, comment="")
    await world.finish(run)
    ended = await approve("ann", run.id, call, approved=False, comment="")
    assert (ended.output, len(world.router.calls)) == ("paid", 1)


async def test_a_call_that_does_not_wait_cannot_be_approved(world, says, wants):
    world.decides(wants("add"), says("x"))
    run = await world.run()
    approve = world.planner.rpcs.approve
    with pytest.raises(FailedPrecondition):
        await approve("ann", run.id, world.router.calls[0].id, approved=True, comment="")
    with pytest.raises(NotFound):
        await approve("ann", run.id, "nothing", approved=True, comment="")
    with pytest.raises(NotFound):
        await approve("bob", run.id, world.router.calls[0].id, approved=True, comment="")


async def test_calls_that_need_no_approval_do_not_wait_for_the_others(world, says, wants):
    run = await _waiting(world, wants, "add", "pay")
    await world.until(lambda: "tool_call_finished" in world.kinds(run))
    assert [call.tool for call in world.router.calls] == ["add"]
    world.decides(says("x"))
    await world.planner.rpcs.approve("ann", run.id, run.pending_approvals[0].id, approved=True, comment="")
    await world.finish(run)
    assert [message.tool for message in world.controller.requests[1].messages if message.tool] == ["add", "pay"]


async def test_the_time_limit_does_not_run_while_a_person_thinks(world, says, wants):
    run = await _waiting(world, wants)
    world.clock.advance(3600)
    world.decides(says("paid"))
    await world.planner.rpcs.approve("ann", run.id, run.pending_approvals[0].id, approved=True, comment="")
    assert (await world.finish(run)).output == "paid"


async def test_a_call_that_nobody_decides_on_counts_as_refused(world, says, wants, settings):
    world.settings = settings.model_copy(update={"approval_wait_s": 0.01})
    world.new_planner()
    world.decides(wants("pay"), says("nobody was there"))
    run = await world.run()
    assert run.output == "nobody was there"
    assert "nobody decided" in world.controller.requests[1].messages[-1].content


async def test_a_waiting_run_still_waits_after_a_restart(world, says, wants):
    run = await _waiting(world, wants)
    await world.planner.drain()
    for _ in range(30):
        await world.new_planner().resume.all()
        await asyncio.sleep(0)
        await world.planner.drain()
    await world.new_planner().resume.all()
    world.decides(says("paid"))
    await world.planner.rpcs.approve("ann", run.id, run.pending_approvals[0].id, approved=True, comment="")
    assert (await world.finish(run)).output == "paid"
    assert [call.tool for call in world.router.calls] == ["pay"]
