"""A Python file or folder with tools, served by a process of its own for as long as somebody wants it."""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from toolmesh_core.errors import Unavailable
from toolmesh_core.health import wait_until_healthy

_START_TIMEOUT_S = 30.0
_KILL_AFTER_S = 40.0


@dataclass(frozen=True)
class SourceProcess:
    """A source that is served.

    Attributes:
        name: of the tool service.
        address: where its gRPC is.
    """

    name: str
    address: str
    process: asyncio.subprocess.Process

    async def wait(self) -> int:
        """Its exit code, when it has ended."""
        return await self.process.wait()

    async def drain(self, timeout_s: float = _KILL_AFTER_S) -> int:
        """Asks it to finish what it does and to end; kills it after `timeout_s` seconds. Its exit code."""
        if self.process.returncode is None:
            self.process.terminate()
        try:
            async with asyncio.timeout(timeout_s):
                return await self.process.wait()
        except TimeoutError:
            self.process.kill()
            return await self.process.wait()


def service_name_of(path: Path) -> str:
    """The tool service's name for a file or folder: its own, in lower case, with "_" for what is neither letter nor
    digit."""
    path = path.absolute()
    name = re.sub(r"[^a-z0-9]+", "_", (path.stem if path.is_file() else path.name).lower()).strip("_")
    return name or "tools"


@asynccontextmanager
async def source_process(
    path: Path, *, listen: str = "127.0.0.1:0", settings: Mapping[str, str] | None = None, log: IO[Any] | None = None
) -> AsyncIterator[SourceProcess]:
    """Serves a file or folder until the end of the block, which begins when it is healthy.

    Args:
        listen: gRPC address, host:port or unix:/path.
        settings: more of TOOLMESH_TOOL_<NAME>_*, without that prefix, such as "DATA_DIR".
        log: where its standard error goes; None leaves it to ours.

    Raises:
        Unavailable: it ended, or was not healthy in 30 s.
    """
    name = service_name_of(path)
    given = {"LISTEN": listen, "METRICS_LISTEN": "", **(settings or {})}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "toolmesh_toolkit.serve", name, str(path)),
        env={**os.environ, **{f"TOOLMESH_TOOL_{name.upper()}_{key}": value for key, value in given.items()}},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=log,
        # Of its own session, so that Ctrl-C reaches us alone, and we say when it drains.
        start_new_session=True,
    )
    try:
        yield SourceProcess(name, await _address(process, name), process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        # The pipe's transport is closed by the loop only after this.
        await asyncio.sleep(0)


async def _address(process: asyncio.subprocess.Process, name: str) -> str:
    assert process.stdout is not None  # noqa: S101 - it was asked for
    try:
        async with asyncio.timeout(_START_TIMEOUT_S):
            line = await process.stdout.readline()
            if not line:
                code = await process.wait()
                raise Unavailable(f"tool service {name!r} ended with {code} before it served; see what it wrote")
            address = str(json.loads(line)["address"])
            await wait_until_healthy(address)
    except TimeoutError as error:
        raise Unavailable(f"tool service {name!r} was not healthy within {_START_TIMEOUT_S:g} s") from error
    return address
