"""Real processes that are killed, stopped and restarted: every caller gets a typed error or a result, in time."""

import asyncio
import json
import os
import signal
import urllib.request
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from toolmesh.tool_router.v1 import tool_router_service_pb2 as pb
from toolmesh_core.errors import FailedPrecondition, ToolMeshError, Unavailable

Start = Callable[..., AbstractAsyncContextManager[Any]]
LEAVES_WITHIN_S = 5.0


async def test_a_tool_service_that_dies_in_a_call_is_unavailable_and_its_return_needs_no_help(
    start_router: Start, start_sample: Start, tmp_path: Path
) -> None:
    socket = tmp_path / "sample.sock"
    settings = {"tool_services": f"sample=unix:{socket}", "startup_wait_s": "0"}
    async with start_router(tmp_path / "router", **settings) as (_, router):
        async with start_sample(socket):
            await router.until(lambda names: "add" in names, within_s=10)
            async with asyncio.timeout(5):
                with pytest.raises(Unavailable, match="'sample' failed or went away"):
                    await router.call("die", request_id="r1")
                with pytest.raises(FailedPrecondition, match="nobody knows"):
                    await router.call("die", request_id="r1")
            await router.until(lambda names: not names, within_s=LEAVES_WITHIN_S)
            with pytest.raises(Unavailable, match="'sample' is down"):
                await router.call("divide", '{"a": 3, "b": 2}')
        async with start_sample(socket):
            await router.until(lambda names: "add" in names, within_s=LEAVES_WITHIN_S)
            assert (await router.result("add", '{"a": 3}')).tool_result.output_json == "4"


async def test_a_tool_service_that_hangs_leaves_the_candidates_and_its_calls_end(
    start_router: Start, start_sample: Start, tmp_path: Path
) -> None:
    socket = tmp_path / "sample.sock"
    async with (
        start_sample(socket) as sample,
        start_router(tmp_path / "router", tool_services=f"sample=unix:{socket}") as (_, router),
    ):
        await router.until(lambda names: "add" in names, within_s=10)
        os.kill(sample.pid, signal.SIGSTOP)
        with pytest.raises(ToolMeshError) as caught:
            await router.call("add", '{"a": 3}', timeout=2.0)
        assert caught.value.retryable
        await router.until(lambda names: not names, within_s=LEAVES_WITHIN_S)
        os.kill(sample.pid, signal.SIGCONT)
        await router.until(lambda names: "add" in names, within_s=LEAVES_WITHIN_S)


async def test_a_drain_fails_none_of_the_calls_in_flight_and_ends_the_watches(
    start_router: Start, start_sample: Start, tmp_path: Path
) -> None:
    socket = tmp_path / "sample.sock"
    async with (
        start_sample(socket),
        start_router(tmp_path / "router", tool_services=f"sample=unix:{socket}") as (process, router),
    ):
        await router.until(lambda names: "wait" in names, within_s=10)
        calls = [asyncio.create_task(router.result("wait", '{"seconds": 1}')) for _ in range(20)]
        stream = router.stub.WatchTools(pb.WatchToolsRequest())
        await anext(stream)
        await _until_in_flight(process.metrics_url, 20)
        process.terminate()
        results = await asyncio.gather(*calls)
        assert {result.tool_result.output_json for result in results} == {'"done"'}
        async with asyncio.timeout(5):
            assert await process.wait() == 0


async def _until_in_flight(metrics_url: str, wanted: int) -> None:
    line = f'toolmesh_tool_router_calls_in_flight_count{{tool="wait"}} {wanted}.0'
    async with asyncio.timeout(10):
        while line not in await asyncio.to_thread(_read, metrics_url):  # noqa: ASYNC110 - another process tells it
            await asyncio.sleep(0.05)


def _read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as response:
        return str(response.read().decode())


async def test_a_tool_service_that_drains_fails_none_of_its_calls_and_then_leaves(
    start_router: Start, start_sample: Start, tmp_path: Path
) -> None:
    socket = tmp_path / "sample.sock"
    async with (
        start_sample(socket) as sample,
        start_router(tmp_path / "router", tool_services=f"sample=unix:{socket}") as (process, router),
    ):
        await router.until(lambda names: "wait" in names, within_s=10)
        calls = [asyncio.create_task(router.result("wait", '{"seconds": 1}')) for _ in range(20)]
        await _until_in_flight(process.metrics_url, 20)
        await asyncio.sleep(0.2)  # from accepted by the router to running in the tool
        sample.terminate()
        results = await asyncio.gather(*calls)
        assert {result.tool_result.output_json for result in results} == {'"done"'}
        assert await sample.wait() == 0
        await router.until(lambda names: not names, within_s=LEAVES_WITHIN_S)


async def test_under_load_a_killed_tool_service_costs_typed_errors_only(
    start_router: Start, start_sample: Start, tmp_path: Path
) -> None:
    socket = tmp_path / "sample.sock"
    ends: list[str] = []
    stop = asyncio.Event()

    async def keep_calling(router: Any) -> None:
        while not stop.is_set():
            try:
                async with asyncio.timeout(5):
                    ends.append((await router.result("add", '{"a": 3}', timeout=3.0)).tool_result.output_json)
            except ToolMeshError as error:
                ends.append(type(error).__name__)

    settings = {"tool_services": f"sample=unix:{socket}", "startup_wait_s": "0"}
    async with start_router(tmp_path / "router", **settings) as (_, router):
        async with start_sample(socket) as sample:
            await router.until(lambda names: "add" in names, within_s=10)
            callers = [asyncio.create_task(keep_calling(router)) for _ in range(8)]
            await asyncio.sleep(0.3)
            sample.kill()
            await sample.wait()
        async with start_sample(socket):
            await router.until(lambda names: "add" in names, within_s=LEAVES_WITHIN_S)
            stop.set()
            await asyncio.gather(*callers)
            assert await router.result("add", '{"a": 3}')
    assert set(ends) <= {"4", "Unavailable"}
    assert "4" in ends


async def test_a_router_that_was_killed_knows_its_tools_after_the_restart(
    start_router: Start, start_sample: Start, tmp_path: Path
) -> None:
    socket, data_dir = tmp_path / "sample.sock", tmp_path / "router"
    async with start_sample(socket):
        async with start_router(data_dir) as (process, router):
            await router.register("sample", f"unix:{socket}")
            call = asyncio.create_task(router.result("wait", '{"seconds": 30}'))
            await asyncio.sleep(0.2)
            process.kill()
            async with asyncio.timeout(5):
                with pytest.raises(Unavailable):
                    await call
        async with start_router(data_dir) as (process, router):
            await router.until(lambda names: "add" in names, within_s=10)
            assert (await router.result("add", '{"a": 3}')).tool_result.output_json == "4"
            assert 'toolmesh_tool_router_calls_total{result="ok",tool="add"} 1.0' in await asyncio.to_thread(
                _read, process.metrics_url
            )


async def test_nothing_of_a_calls_content_is_in_the_log(
    start_router: Start, start_sample: Start, tmp_path: Path
) -> None:
    socket, data_dir = tmp_path / "sample.sock", tmp_path / "router"
    async with (
        start_sample(socket),
        start_router(data_dir, tool_services=f"sample=unix:{socket}") as (_, router),
    ):
        await router.until(lambda names: "wait" in names, within_s=10)
        with pytest.raises(ToolMeshError):
            await router.call("add", '{"a": "hunter2"}')
        await router.call("crash")
    logs = data_dir.with_suffix(".log").read_text() + socket.with_suffix(".log").read_text()
    assert "hunter2" not in logs
    assert "tool crashed" in logs


@pytest.mark.parametrize(
    ("name", "value", "code", "wanted"),
    [
        ("TOOL_SERVICES", "nonsense", 2, "TOOLMESH_TOOL_ROUTER_TOOL_SERVICES: Value error, must be name=address"),
        ("MAX_QUEUE", "-1", 2, "TOOLMESH_TOOL_ROUTER_MAX_QUEUE: "),
        ("LISTEN", "256.1.1.1:1", 1, "cannot listen on 256.1.1.1:1"),
        ("DATA_DIR", "/proc/nowhere", 1, "cannot use /proc/nowhere/registry.sqlite"),
    ],
)
async def test_a_start_that_cannot_be_says_why_in_one_line(
    tmp_path: Path, name: str, value: str, code: int, wanted: str
) -> None:
    import sys

    env = {**os.environ, "TOOLMESH_TOOL_ROUTER_DATA_DIR": str(tmp_path), f"TOOLMESH_TOOL_ROUTER_{name}": value}
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "toolmesh_tool_router",
        env=env,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await asyncio.wait_for(started.communicate(), 20)
    assert started.returncode == code
    lines = [line for line in said.decode().splitlines() if wanted in line and not _is_log(line)]
    assert len(lines) == 1, said.decode()
    assert "Traceback" not in said.decode()


def _is_log(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False
