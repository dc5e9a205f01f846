"""RunService over gRPC, in this process."""

import asyncio

import pytest

from toolmesh.planner.v1 import run_pb2
from toolmesh.planner.v1 import run_service_pb2 as pb
from toolmesh_core.call_context import calling
from toolmesh_core.errors import InvalidInput, NotFound, PermissionDenied
from toolmesh_core.telemetry import current_trace_id, span


async def _events(planner, run, after=0):
    request = pb.StreamRunEventsRequest(user=run.user, run=run.id, after_sequence=after)
    return [response.event async for response in planner.StreamRunEvents(request)]


async def _create(planner, text, **fields):
    return (await planner.CreateRun(pb.CreateRunRequest(user="ann", input=text, **fields))).run


async def test_a_run_from_its_request_to_its_answer(planner, neighbours):
    run = await _create(planner, "read write | read")
    events = await _events(planner, run)
    kinds = [event.WhichOneof("event") for event in events if event.sequence]
    assert kinds[:3] == ["run_started", "tools_retrieved", "decision_made"]
    assert kinds[-2:] == ["decision_made", "run_ended"]
    assert [event.sequence for event in events if event.sequence] == list(range(1, len(kinds) + 1))
    assert "".join(event.answer_delta for event in events) == "all done"
    ended = events[-1].run_ended.run
    assert (ended.output, list(ended.tools_called), ended.step_count) == ("all done", ["read", "write", "read"], 3)
    assert (await planner.GetRun(pb.GetRunRequest(user="ann", run=run.id))).run == ended
    assert set(neighbours.router.effects.values()) == {1}


async def test_neighbours_are_told_for_whom_and_in_which_trace(planner, neighbours):
    with span("test"), calling(user="ann"):
        trace = current_trace_id()
        run = await _create(planner, "read", session="s")
    await _events(planner, run)
    assert set(neighbours.controller.traces) == {trace}
    context = neighbours.router.contexts[0]
    assert (context.user, context.session, context.run) == ("ann", "s", run.id)


async def test_the_deadline_of_the_request_is_not_the_runs(planner, neighbours):
    neighbours.controller.hold = asyncio.Event()
    run = (await planner.CreateRun(pb.CreateRunRequest(user="ann", input="hello"), timeout=0.2)).run
    await asyncio.sleep(0.3)
    neighbours.controller.hold.set()
    assert (await _events(planner, run))[-1].run_ended.run.output == "all done"


async def test_a_session_is_continued(planner, neighbours):
    first = await _create(planner, "read", session="s")
    await _events(planner, first)
    second = await _create(planner, "hello", session="s")
    events = await _events(planner, second)
    assert events[0].run_started.history_messages == 4
    assert [message.run for message in neighbours.memory.sessions["s"]] == [first.id] * 4 + [second.id] * 2


async def test_an_approval_over_the_wire(planner):
    run = await _create(planner, "pay")
    while not run.pending_approvals:
        run = (await planner.GetRun(pb.GetRunRequest(user="ann", run=run.id))).run
    call = run.pending_approvals[0].id
    with pytest.raises(NotFound):
        await planner.ApproveToolCall(pb.ApproveToolCallRequest(user="bob", run=run.id, tool_call_id=call))
    await planner.ApproveToolCall(pb.ApproveToolCallRequest(user="ann", run=run.id, tool_call_id=call))
    assert (await _events(planner, run))[-1].run_ended.run.output == "all done"
    with pytest.raises(NotFound):
        await planner.ApproveToolCall(pb.ApproveToolCallRequest(user="ann", run=run.id, tool_call_id="nothing"))


@pytest.mark.parametrize("tool", ["read", "write"])
async def test_a_call_that_the_routers_policy_holds_is_approved_over_the_wire(planner, neighbours, tool):
    neighbours.router.held = {tool}
    request = pb.CreateRunRequest(user="ann", input=tool)
    run = (await planner.CreateRun(request, metadata=(("toolmesh-key", "desk"),))).run
    while not run.pending_approvals:
        run = (await planner.GetRun(pb.GetRunRequest(user="ann", run=run.id))).run
    call = run.pending_approvals[0].id
    await planner.ApproveToolCall(pb.ApproveToolCallRequest(user="ann", run=run.id, tool_call_id=call))
    events = await _events(planner, run)
    [asked] = [event.approval_requested for event in events if event.HasField("approval_requested")]
    assert asked.reason == "rule 'mails' of the policy asks for it: they cannot be taken back"
    assert events[-1].run_ended.run.output == "all done"
    assert neighbours.router.permissions == [("desk", False), ("desk", True)]


async def test_a_cancel_over_the_wire(planner, neighbours):
    neighbours.controller.hold = asyncio.Event()
    run = await _create(planner, "hello")
    cancelled = (await planner.CancelRun(pb.CancelRunRequest(user="ann", run=run.id))).run
    assert cancelled.end_reason == run_pb2.END_REASON_CANCELLED
    again = (await planner.CancelRun(pb.CancelRunRequest(user="ann", run=run.id))).run
    assert again == cancelled


async def test_errors_are_typed_and_name_the_field(planner):
    with pytest.raises(InvalidInput) as caught:
        await _create(planner, "")
    assert caught.value.field == "input"
    with pytest.raises(NotFound):
        await planner.GetRun(pb.GetRunRequest(user="ann", run="run_none"))
    with pytest.raises(NotFound):
        [one async for one in planner.StreamRunEvents(pb.StreamRunEventsRequest(user="ann", run="run_none"))]
    with calling(user="bob"), pytest.raises(PermissionDenied):
        await _create(planner, "hello")


async def test_runs_are_listed_for_their_user_only(planner):
    run = await _create(planner, "hello")
    assert [one.id for one in (await planner.ListRuns(pb.ListRunsRequest(user="ann"))).runs] == [run.id]
    assert list((await planner.ListRuns(pb.ListRunsRequest(user="bob"))).runs) == []


async def test_many_runs_at_once_all_end(planner, neighbours):
    neighbours.router.longest_s = 0.01
    runs = await asyncio.gather(*(_create(planner, "read write | read | write") for _ in range(50)))
    ended = await asyncio.gather(*(_events(planner, run) for run in runs))
    assert {events[-1].run_ended.run.output for events in ended} == {"all done"}
    assert set(neighbours.router.effects.values()) == {1}
    assert sum(neighbours.router.effects.values()) == 200
