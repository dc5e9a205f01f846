"""A service as the real process it is in production."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from toolmesh_core.health import wait_until_healthy

START_TIMEOUT_S = 30.0


@dataclass
class ServiceProcess:
    """A started process.

    Attributes:
        address: its gRPC address.
        metrics_url: where Prometheus would scrape it.
    """

    process: asyncio.subprocess.Process
    address: str
    metrics_url: str
    log_path: Path | None = None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def kill(self) -> None:
        """SIGKILL: no chance to tidy up."""
        self.process.kill()

    def terminate(self) -> None:
        """SIGTERM: asks it to drain."""
        self.process.terminate()

    async def wait(self) -> int:
        """Its exit code, when it has ended."""
        return await self.process.wait()


@asynccontextmanager
async def process(
    module: str, env: Mapping[str, str] | None = None, *, log_path: Path | None = None
) -> AsyncIterator[ServiceProcess]:
    """Runs `python -m module` until the end of the block; begins when its health says SERVING.

    Raises:
        RuntimeError: it ended before it was ready; the message holds its exit code.
    """
    log = log_path.open("ab") if log_path else None
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, env={**os.environ, **(env or {})}, stdout=asyncio.subprocess.PIPE, stderr=log
    )
    try:
        async with asyncio.timeout(START_TIMEOUT_S):
            address, metrics_url = await _first_line(started, module)
            await wait_until_healthy(address)
        yield ServiceProcess(started, address, metrics_url, log_path)
    finally:
        if started.returncode is None:
            started.send_signal(signal.SIGKILL)
        await started.wait()
        # The pipe's transport is closed by the loop only after this.
        await asyncio.sleep(0)
        if log:
            log.close()


async def _first_line(started: asyncio.subprocess.Process, module: str) -> tuple[str, str]:
    if started.stdout is None:
        raise RuntimeError(f"{module} has no standard output to read")
    line = await started.stdout.readline()
    if not line:
        raise RuntimeError(f"{module} ended with {await started.wait()} before it was ready")
    facts = json.loads(line)
    return facts["address"], facts["metrics"]
