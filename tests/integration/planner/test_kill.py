"""kill -9 at fifty random moments: no finished step is lost or done twice, and every run ends."""

import asyncio
import random
from collections import Counter

import pytest

from toolmesh.planner.v1 import run_pb2
from toolmesh.planner.v1 import run_service_pb2 as pb
from toolmesh_core.errors import ToolMeshError
from toolmesh_testing import process

KILLS = 50
PLANS = (
    "read | write | read write | write | read read | write",
    "write write | read | write | read",
    "read | read | read | read read read | read",
)


async def _watch(stub, run, seen):
    """Notes what a watcher is told; it is on disk, so it must still be true after any crash."""
    try:
        async for response in stub.StreamRunEvents(pb.StreamRunEventsRequest(user="ann", run=run)):
            if response.event.sequence:
                seen[response.event.sequence] = response.event
    except ToolMeshError:
        return


async def _one_life(stub, rng, runs, seen):
    """Begins runs and watches all for a random while."""
    for plan in PLANS:
        request = pb.CreateRunRequest(user="ann", input=plan, session="" if rng.random() < 0.5 else "s")
        run = (await stub.CreateRun(request)).run
        runs[run.id] = plan
        seen[run.id] = {}
    watches = [asyncio.create_task(_watch(stub, run, seen[run])) for run in runs]
    await asyncio.sleep(rng.uniform(0, 0.12))
    return watches


def _check(run, plan, events, told, router):
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    for sequence, event in told.items():
        assert events[sequence - 1] == event, "a watcher was told what did not last"
    started = {
        event.tool_call_started.call.id: event.tool_call_started
        for event in events
        if event.step and event.HasField("tool_call_started")
    }
    resumes = sum(event.HasField("run_resumed") for event in events)
    repeated = Counter(call for event in events for call in event.run_resumed.repeated_tool_call_ids)
    finished = [event.tool_call_finished for event in events if event.HasField("tool_call_finished")]
    assert len({one.tool_call_id for one in finished}) == len(finished), "a step was finished twice"
    made = {request for request in router.begun if request.startswith(run) and router.tools[request] == "write"}
    assert made <= {f"{run}/{call}" for call in started}, "a call was made that the journal does not know"
    for call, start in started.items():
        effects = router.effects[f"{run}/{call}"]
        # A call that only reads may have been under way before the journal knew of it.
        assert router.begun[f"{run}/{call}"] <= 1 + (resumes if start.idempotent else repeated[call])
        if not start.idempotent:
            assert effects <= 1, "what must not be repeated was repeated"
    for one in finished:
        if one.result.output_json:
            assert router.effects[f"{run}/{one.tool_call_id}"] >= 1
    ended = events[-1].run_ended.run
    if ended.end_reason == run_pb2.END_REASON_INTERRUPTED_CALL:
        open_calls = [one for one in finished if one.result.failure.reason == "INTERRUPTED_CALL"]
        assert any(not started[one.tool_call_id].idempotent for one in open_calls)
        assert "must not be repeated" in ended.output
    else:
        assert ended.end_reason == run_pb2.END_REASON_ANSWERED, ended
        assert list(ended.tools_called) == plan.replace("|", " ").split()
        assert all(one.result.output_json for one in finished)


@pytest.mark.timeout(300)
async def test_fifty_kills(neighbours, tmp_path, stub_of):
    rng = random.Random(20)
    neighbours.router.longest_s = 0.01
    runs: dict[str, str] = {}
    told: dict[str, dict] = {}
    for _ in range(KILLS):
        async with (
            process("toolmesh_planner", neighbours.settings(tmp_path)) as started,
            stub_of(started.address) as stub,
        ):
            watches = await _one_life(stub, rng, runs, told)
            started.kill()
            await asyncio.gather(*watches)
    reasons = Counter()
    async with process("toolmesh_planner", neighbours.settings(tmp_path)) as started, stub_of(started.address) as stub:
        for run, plan in runs.items():
            request = pb.StreamRunEventsRequest(user="ann", run=run)
            responses = [response async for response in stub.StreamRunEvents(request, timeout=10)]
            events = [response.event for response in responses if response.event.sequence]
            _check(run, plan, events, told[run], neighbours.router)
            reasons[events[-1].run_ended.run.end_reason] += 1
    assert len(runs) == KILLS * len(PLANS)
    # The kills were at moments that matter: some runs were cut off in a call, others went on.
    assert reasons[run_pb2.END_REASON_INTERRUPTED_CALL] > 5
    assert reasons[run_pb2.END_REASON_ANSWERED] > 5
    of_sessions = [message.run for message in neighbours.memory.sessions["s"]]
    asked = list(dict.fromkeys(of_sessions))
    assert len(neighbours.memory.requests) == len(asked)
