"""A host that is killed takes its processes with it, and brings the deployments back at its next start."""

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import psutil
import pytest

from toolmesh.tool_host.v1 import tool_host_service_pb2 as pb
from toolmesh.tool_router.v1 import tool_router_service_pb2 as router_pb
from toolmesh_core.errors import NotFound
from toolmesh_testing import ServiceProcess

FileOf = Callable[..., str]
StartHost = Callable[..., AbstractAsyncContextManager[Any]]
StartRouter = Callable[[Path], AbstractAsyncContextManager[ServiceProcess]]


async def test_a_host_that_was_killed_brings_everything_back(
    tmp_path: Path, start_router: StartRouter, start_host: StartHost, file_of: FileOf
) -> None:
    data = tmp_path / "data"
    async with start_router(tmp_path) as router:
        async with start_host(router, data) as host:
            await host.deploy("lasting", {"tools.py": file_of("lasting_tool")})
            await host.deploy("lasting", {"tools.py": file_of("lasting_tool", 2)})
            await host.deploy("going", {"tools.py": file_of("going_tool")})
            spawning = "subprocess.Popen(['sleep', '65.5'], start_new_session=True).pid"
            await host.call("lasting_tool", json.dumps({"do": spawning}))
            processes = psutil.Process(host.process.pid).children(recursive=True)
            assert len(processes) >= 2
            host.process.kill()
            await asyncio.to_thread(psutil.wait_procs, processes, timeout=2)
            tools = [process for process in processes if process.is_running()]
            assert len(tools) <= 1, "only what a tool set free may be left, until the next start"
        _leave_half_done(data)
        async with start_host(router, data) as host:
            assert await host.until_called("lasting_tool") == '"2"'
            assert (await host.get("lasting")).version == 2
            assert not any(process.is_running() for process in processes)
            await _until_gone(host, "going")
            found = await host.stub.ListDeployments(pb.ListDeploymentsRequest())
            assert [deployment.name for deployment in found.deployments] == ["lasting"]
        left = sorted(
            str(path.relative_to(data / "deployments")) for path in (data / "deployments").glob("*/versions/*")
        )
        assert left == ["lasting/versions/2"]


def _leave_half_done(data: Path) -> None:
    """What a host leaves that is killed while it writes a version, makes an environment and removes a deployment."""
    deployments = data / "deployments"
    (deployments / "never" / "versions" / "1.new").mkdir(parents=True)
    (deployments / "lasting" / "versions" / "3").mkdir()
    (data / "environments" / "half").mkdir()
    manifest = deployments / "going" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"removing": false', '"removing": true'))


async def _until_gone(host: Any, name: str) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                await host.get(name)
            except NotFound:
                return
            await asyncio.sleep(0.05)


async def test_a_router_that_lost_its_registry_is_told_again(
    tmp_path: Path, start_router: StartRouter, start_host: StartHost, file_of: FileOf
) -> None:
    async with start_router(tmp_path) as router, start_host(router, tmp_path / "data") as host:
        await host.deploy("known", {"tools.py": file_of("known_tool")})
        await host.router_stub.UnregisterToolService(router_pb.UnregisterToolServiceRequest(name="known"))
        assert await host.until_called("known_tool") == '"1"'


async def test_a_host_that_is_asked_to_stop_leaves_no_process_and_no_socket(
    tmp_path: Path, start_router: StartRouter, start_host: StartHost, file_of: FileOf
) -> None:
    async with start_router(tmp_path) as router, start_host(router, tmp_path / "data") as host:
        await host.deploy("stopping", {"tools.py": file_of("stopping_tool")})
        sockets = (tmp_path / "data" / "sockets").readlink()
        processes = psutil.Process(host.process.pid).children(recursive=True)
        host.process.terminate()
        assert await host.process.wait() == 0
        assert not any(process.is_running() for process in processes)
        assert not sockets.exists()


async def test_two_hosts_do_not_share_a_folder(
    tmp_path: Path, start_router: StartRouter, start_host: StartHost
) -> None:
    async with start_router(tmp_path) as router, start_host(router, tmp_path / "data"):
        with pytest.raises(RuntimeError, match="ended with 1"):
            async with start_host(router, tmp_path / "data"):
                pass
        assert "another tool host uses" in (tmp_path / "data.log").read_text()


async def test_a_version_that_never_gets_well_is_refused_in_time(
    tmp_path: Path, start_router: StartRouter, start_host: StartHost, file_of: FileOf
) -> None:
    async with start_router(tmp_path) as router, start_host(router, tmp_path / "data", start_timeout_s="3") as host:
        await host.deploy("patient", {"tools.py": file_of("patient_tool")})
        hanging = "print('waiting for Godot', flush=True)\nwhile True: pass\n"
        with pytest.raises(Exception, match="not healthy within 3 s; it said last: waiting for Godot"):
            await host.deploy("patient", {"tools.py": hanging})
        assert await host.call("patient_tool") == '"1"'
