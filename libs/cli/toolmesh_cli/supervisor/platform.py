"""Starts all processes together, keeps them running and stops them in order."""

import asyncio
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from toolmesh_cli.supervisor.plan import NEIGHBOURS, PlatformPaths, plan_platform
from toolmesh_cli.supervisor.platform_state import PlatformState, ProcessState, platform_lock, write_state
from toolmesh_cli.supervisor.supervised_process import PlatformProcess

START_TIMEOUT_S = 60.0
STOP_GRACE_S = 15.0
_CALLERS = ("gateway", "planner")


class Platform:
    """The processes of one data folder."""

    def __init__(self, paths: PlatformPaths, environment: Mapping[str, str]) -> None:
        self.paths = paths
        self.ready = False
        gateway_host = environment.get("TOOLMESH_GATEWAY_HTTP_HOST", "127.0.0.1")
        gateway_port = environment.get("TOOLMESH_GATEWAY_HTTP_PORT", "8080")
        self.url = f"http://{gateway_host}:{gateway_port}"
        plans = plan_platform(paths, _free_ports(), environment)
        self.grpc_address = next(plan.address for plan in plans if plan.name == "gateway")
        self.processes = [PlatformProcess(plan, paths.log_file(plan.name), self._write_state) for plan in plans]

    async def start(self, on_healthy: Callable[[str], None]) -> None:
        """Starts all at once; returns when each is healthy. `on_healthy` is told each name as it comes up."""

        async def start(process: PlatformProcess) -> None:
            await process.start(START_TIMEOUT_S)
            on_healthy(process.plan.name)

        async with asyncio.TaskGroup() as group:
            for process in self.processes:
                group.create_task(start(process))

    def mark_ready(self) -> None:
        """Tells `status` and `up --detach` that it serves."""
        self.ready = True
        self._write_state()

    async def stop(self) -> None:
        """The gateway first, so that nothing new comes in; then the planner; then all that they call."""
        self.ready = False
        by_name = {process.plan.name: process for process in self.processes}
        for name in _CALLERS:
            await by_name.pop(name).stop(STOP_GRACE_S)
        await asyncio.gather(*(process.stop(STOP_GRACE_S) for process in by_name.values()))

    def _write_state(self) -> None:
        processes = tuple(
            ProcessState(
                process.plan.name,
                process.pid,
                process.healthy,
                process.restarts,
                process.plan.address,
                process.plan.metrics_url,
                str(self.paths.log_file(process.plan.name)),
            )
            for process in self.processes
        )
        write_state(self.paths, PlatformState(os.getpid(), self.url, self.grpc_address, self.ready, processes))


@asynccontextmanager
async def running_platform(
    data: Path, environment: Mapping[str, str], on_healthy: Callable[[str], None]
) -> AsyncIterator[Platform]:
    """The platform of a data folder (an absolute path), for the block; only its data is left afterwards.

    Raises:
        AlreadyRunning: another one holds the folder.
        ExceptionGroup: of StartFailed, one a process that did not come up.
    """
    # Made here and not in the data folder, whose path may be too long for a socket; only its owner may enter it.
    sockets = Path(tempfile.mkdtemp(prefix="toolmesh-"))
    paths = PlatformPaths(data, sockets)
    try:
        with platform_lock(paths):
            paths.data.chmod(0o700)
            (paths.data / "logs").mkdir(exist_ok=True)
            platform = Platform(paths, environment)
            try:
                await platform.start(on_healthy)
                yield platform
            finally:
                await platform.stop()
    finally:
        shutil.rmtree(sockets)


def _free_ports() -> dict[str, int]:
    """A free loopback port a service; all are held until all are found, so that none comes twice."""
    held = {name: socket.create_server(("127.0.0.1", 0)) for name in NEIGHBOURS}
    ports = {name: server.getsockname()[1] for name, server in held.items()}
    for server in held.values():
        server.close()
    return ports
