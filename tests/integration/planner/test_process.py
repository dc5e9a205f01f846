"""The planner as its own process: start, drain, crash, restart, bad days."""

import asyncio
import os
import subprocess
import sys
import time
import urllib.request

import pytest

from toolmesh.planner.v1 import run_pb2
from toolmesh.planner.v1 import run_service_pb2 as pb
from toolmesh_core.errors import Unavailable
from toolmesh_testing import process


async def _create(stub, text, **fields):
    return (await stub.CreateRun(pb.CreateRunRequest(user="ann", input=text, **fields))).run


async def _end(stub, run):
    request = pb.StreamRunEventsRequest(user="ann", run=run.id)
    responses = [response async for response in stub.StreamRunEvents(request)]
    return responses[-1].event.run_ended.run


async def test_it_starts_serves_and_ends_with_zero(neighbours, tmp_path, stub_of):
    async with process("toolmesh_planner", neighbours.settings(tmp_path)) as started:
        async with stub_of(started.address) as stub:
            run = await _end(stub, await _create(stub, "read | write"))
            assert run.output == "all done"
            metrics = await asyncio.to_thread(lambda: urllib.request.urlopen(started.metrics_url).read().decode())
            assert 'toolmesh_planner_runs_total{end_reason="answered"} 1.0' in metrics
        started.terminate()
        assert await started.wait() == 0


async def test_a_drain_leaves_the_run_and_tells_the_watcher_where_to_go_on(neighbours, tmp_path, stub_of):
    neighbours.controller.hold = asyncio.Event()
    async with process("toolmesh_planner", neighbours.settings(tmp_path)) as started, stub_of(started.address) as stub:
        run = await _create(stub, "read")
        watching = asyncio.create_task(_end(stub, run))
        await neighbours.controller.until_asked(1)
        began = time.monotonic()
        started.terminate()
        with pytest.raises(Unavailable, match="planner is restarting, resume after sequence 2"):
            await watching
        assert await started.wait() == 0
        assert time.monotonic() - began < 5
    neighbours.controller.hold.set()
    async with process("toolmesh_planner", neighbours.settings(tmp_path)) as started, stub_of(started.address) as stub:
        assert (await _end(stub, run)).output == "all done"
    assert set(neighbours.router.effects.values()) == {1}


async def test_after_a_crash_it_goes_on_within_five_seconds_in_the_same_trace(neighbours, tmp_path, stub_of):
    neighbours.controller.hold = asyncio.Event()
    async with process("toolmesh_planner", neighbours.settings(tmp_path)) as started, stub_of(started.address) as stub:
        runs = [await _create(stub, "read | read", session="s") for _ in range(20)]
        await neighbours.controller.until_asked(20)
        started.kill()
        await started.wait()
    neighbours.controller.hold.set()
    traces = set(neighbours.controller.traces)
    began = time.monotonic()
    async with process("toolmesh_planner", neighbours.settings(tmp_path)) as started, stub_of(started.address) as stub:
        ended = await asyncio.gather(*(_end(stub, run) for run in runs))
    assert time.monotonic() - began < 5
    assert {run.output for run in ended} == {"all done"}
    assert set(neighbours.controller.traces) == traces
    assert len(neighbours.memory.sessions["s"]) == 20 * 6


async def test_a_neighbour_that_is_down_is_a_typed_failure_and_nothing_hangs(neighbours, tmp_path, stub_of):
    env = {
        **neighbours.settings(tmp_path),
        "TOOLMESH_PLANNER_CONTROLLER_ADDRESS": "127.0.0.1:1",
        "TOOLMESH_PLANNER_NEIGHBOUR_PATIENCE_S": "0.5",
    }
    async with process("toolmesh_planner", env) as started, stub_of(started.address) as stub:
        began = time.monotonic()
        run = await _end(stub, await _create(stub, "read"))
        assert time.monotonic() - began < 3
    assert (run.state, run.end_reason) == (run_pb2.RUN_STATE_FAILED, run_pb2.END_REASON_PLATFORM_FAILURE)
    assert run.error.code == "UNAVAILABLE"


async def test_a_lost_router_does_not_repeat_what_may_have_taken_effect(neighbours, tmp_path, stub_of):
    env = {
        **neighbours.settings(tmp_path),
        "TOOLMESH_PLANNER_TOOL_ROUTER_ADDRESS": "127.0.0.1:1",
        "TOOLMESH_PLANNER_NEIGHBOUR_PATIENCE_S": "0.5",
    }
    async with process("toolmesh_planner", env) as started, stub_of(started.address) as stub:
        run = await _end(stub, await _create(stub, "write"))
    assert (run.end_reason, run.error.reason) == (run_pb2.END_REASON_PLATFORM_FAILURE, "TOOL_ROUTER_LOST")


@pytest.mark.parametrize(
    ("env", "code", "line"),
    [
        (
            {"TOOLMESH_PLANNER_DEFAULT_MAX_STEPS": "500", "TOOLMESH_PLANNER_MOST_RUNS": "none"},
            2,
            "TOOLMESH_PLANNER_MOST_RUNS",
        ),
        ({"TOOLMESH_PLANNER_DATA_DIR": "/proc/nothing"}, 1, "/proc/nothing"),
    ],
)
def test_a_start_that_cannot_be_is_one_clear_line(env, code, line):
    ended = subprocess.run(
        [sys.executable, "-m", "toolmesh_planner"],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert ended.returncode == code
    assert line in ended.stderr
    assert "Traceback" not in ended.stderr
