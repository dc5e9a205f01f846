"""Deploying: a tool is called at once, a new version takes over without a failed call, a bad one is refused."""

import asyncio
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from toolmesh.tool_host.v1 import deployment_pb2, source_pb2
from toolmesh.tool_host.v1 import tool_host_service_pb2 as pb
from toolmesh_core.errors import AlreadyExists, FailedPrecondition, InvalidInput, NotFound

pytestmark = pytest.mark.asyncio(loop_scope="module")
Host = Any  # of the conftest
FileOf = Callable[..., str]
READY = deployment_pb2.DEPLOYMENT_STATE_READY


async def test_a_deployed_tool_is_found_and_called_at_once(host: Host, file_of: FileOf) -> None:
    *stages, deployed = await host.stages("first", {"tools.py": file_of("first_tool"), "data/x.txt": "x"})
    assert (deployed.version, deployed.state, deployed.kind, list(deployed.tools)) == (
        1,
        READY,
        "python",
        ["first_tool"],
    )
    assert await host.call("first_tool") == '"1"'
    assert stages[0] == "writing 2 files"
    assert stages[-1] == "version 1 serves"
    assert "version 1 serves" in await host.log("first")


async def test_the_same_source_again_changes_nothing(host: Host, file_of: FileOf) -> None:
    before = await host.deploy("same", {"tools.py": file_of("same_tool")})
    assert await host.deploy("same", {"tools.py": file_of("same_tool")}) == before


async def test_no_call_fails_while_versions_take_over(host: Host, file_of: FileOf) -> None:
    await host.deploy("rolled", {"tools.py": file_of("rolled_tool", 1)})
    stop = asyncio.Event()
    seen: list[str] = []

    async def call_on() -> None:
        while not stop.is_set():
            seen.append(await host.call("rolled_tool"))

    async with asyncio.TaskGroup() as calls:
        for _ in range(4):
            calls.create_task(call_on())
        slow = calls.create_task(host.call("rolled_tool", '{"seconds": 4}'))
        for version in (2, 3):
            await host.deploy("rolled", {"tools.py": file_of("rolled_tool", version)})
            assert await host.call("rolled_tool") == f'"{version}"'
        stop.set()
    assert slow.result() == '"1"'
    assert set(seen) == {'"1"', '"2"', '"3"'}
    assert seen == sorted(seen)


BROKEN = {
    "a syntax error": ("def f(:\n", InvalidInput, r"tools\.py:1: SyntaxError"),
    "an import that fails": ("\nimport nothing_of_that_name\n", InvalidInput, r"tools\.py:2: ModuleNotFoundError"),
    "no tool": ("x = 1\n", InvalidInput, "no @tool in tools.py"),
    "a crash at its start": ("import os\nprint('bye')\nos._exit(3)\n", FailedPrecondition, "ended with 3: bye"),
    "a signal at its start": ("import os\nos.kill(os.getpid(), 11)\n", FailedPrecondition, "SIGSEGV"),
}


@pytest.mark.parametrize("what", BROKEN)
async def test_a_broken_version_is_refused_and_the_old_one_serves(host: Host, file_of: FileOf, what: str) -> None:
    await host.deploy("kept", {"tools.py": file_of("kept_tool")})
    source, error, message = BROKEN[what]
    with pytest.raises(error, match=message):
        await host.deploy("kept", {"tools.py": source})
    found = await host.get("kept")
    assert (found.version, found.state) == (1, READY)
    assert "version 2 was refused" in found.detail
    assert await host.call("kept_tool") == '"1"'
    assert [path.name for path in (host.data / "deployments" / "kept" / "versions").iterdir()] == ["1"]


async def test_a_first_version_that_fails_leaves_its_log_and_nothing_else(host: Host, file_of: FileOf) -> None:
    with pytest.raises(FailedPrecondition, match="ended with 7: no luck"):
        await host.deploy("unlucky", {"tools.py": "import os\nprint('no luck', flush=True)\nos._exit(7)\n"})
    found = await host.get("unlucky")
    assert (found.version, found.state) == (0, deployment_pb2.DEPLOYMENT_STATE_FAILED)
    assert "no luck" in await host.log("unlucky")
    assert (await host.deploy("unlucky", {"tools.py": file_of("unlucky_tool")})).version == 1


async def test_a_tool_name_that_is_taken_is_refused(host: Host, file_of: FileOf) -> None:
    await host.deploy("owner", {"tools.py": file_of("wanted")})
    with pytest.raises(AlreadyExists, match="'wanted' is on 'owner'"):
        await host.deploy("thief", {"tools.py": file_of("wanted", 9)})
    assert await host.call("wanted") == '"1"'
    await host.remove("thief")


async def test_two_deployments_of_one_name_at_once_are_one_too_many(host: Host, file_of: FileOf) -> None:
    both = [host.deploy("busy", {"tools.py": file_of("busy_tool", version)}) for version in (1, 2)]
    outcomes = await asyncio.gather(*both, return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, FailedPrecondition)]
    assert [error.reason for error in refused] == ["DEPLOYMENT_UNDER_WAY"]
    assert await host.call("busy_tool") in ('"1"', '"2"')


@pytest.mark.parametrize("path", ["../x.py", "/etc/x.py", "a/../../x.py", "a//x.py", "", "a\\x.py", "tools.py/x.py"])
async def test_a_path_that_leads_out_is_refused(host: Host, file_of: FileOf, path: str) -> None:
    with pytest.raises(InvalidInput, match=r"cannot be deployed: file"):
        await host.deploy("outside", {"tools.py": file_of("outside_tool"), path: "x"})
    with pytest.raises(NotFound):
        await host.get("outside")


async def test_a_caller_that_leaves_gives_the_version_up(host: Host, file_of: FileOf) -> None:
    request = pb.DeployRequest(name="left", source=_slow_source(file_of))
    async with asyncio.timeout(20), host.stub.Deploy(request, timeout=20) as responses:
        async for response in responses:
            if response.stage.startswith("starting"):
                break
    await host.until("left", lambda found: found.state == deployment_pb2.DEPLOYMENT_STATE_FAILED)
    assert "given up" in (await host.get("left")).detail
    assert await asyncio.to_thread(_processes_with, "left") == []


def _slow_source(file_of: FileOf) -> Any:
    text = "import time\ntime.sleep(60)\n" + file_of("left_tool")
    files = [source_pb2.SourceFile(path="tools.py", content=text.encode())]
    return source_pb2.DeploymentSource(python=source_pb2.PythonSource(files=files))


def _processes_with(name: str) -> list[int]:
    wanted = ["toolmesh_toolkit.serve", name]
    return [item.pid for item in psutil.process_iter(["cmdline"]) if (item.info["cmdline"] or [])[4:6] == wanted]
