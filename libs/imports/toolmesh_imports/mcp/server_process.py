"""A command that is an MCP server: in a process group of its own, which is ended with the session."""

import asyncio
import os
import signal
from asyncio.subprocess import SubprocessStreamProtocol
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_PIPE_BYTES = 2**16
_EXIT_GRACE_S = 1.0


class _Protocol(SubprocessStreamProtocol):
    def __init__(self) -> None:
        super().__init__(_PIPE_BYTES, asyncio.get_running_loop())
        self.exited = asyncio.Event()

    def process_exited(self) -> None:
        super().process_exited()
        self.exited.set()


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """A running command.

    Attributes:
        exited: set when the command itself has; what it started may go on until the group is ended.
    """

    transport: asyncio.SubprocessTransport
    stdin: asyncio.StreamWriter
    stdout: asyncio.StreamReader
    stderr: asyncio.StreamReader
    exited: asyncio.Event

    async def stop(self) -> None:
        """Ends the process and all of its group: by the end of its input, then SIGTERM, then SIGKILL."""
        try:
            self.stdin.close()
            if not await self._exits() and self._signal(signal.SIGTERM):
                await self._exits()
        finally:
            # Also where it has ended by itself: what it started and left behind is still of its group.
            self._signal(signal.SIGKILL)
        await self._exits()

    async def _exits(self) -> bool:
        try:
            async with asyncio.timeout(_EXIT_GRACE_S):
                await self.exited.wait()
        except TimeoutError:
            return False
        return True

    def _signal(self, number: signal.Signals) -> bool:
        """Whether there was anything to signal. A process group keeps its number as long as it has a process."""
        try:
            os.killpg(self.transport.get_pid(), number)
        except (ProcessLookupError, PermissionError):
            return False
        return True


@asynccontextmanager
async def running(
    command: Sequence[str], environment: Mapping[str, str], directory: Path | None
) -> AsyncGenerator[ServerProcess]:
    """Starts a command and stops it in the end.

    Raises:
        OSError, ValueError: it cannot be started.
    """
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.subprocess_exec(
        _Protocol, *command, env=dict(environment), cwd=directory, start_new_session=True
    )
    # All three are pipes by default.
    assert protocol.stdin  # noqa: S101
    assert protocol.stdout  # noqa: S101
    assert protocol.stderr  # noqa: S101
    process = ServerProcess(transport, protocol.stdin, protocol.stdout, protocol.stderr, protocol.exited)
    try:
        yield process
    finally:
        try:
            await process.stop()
        finally:
            # A descendant that left the group may hold the pipes open; we do not wait for it.
            with suppress(ProcessLookupError, PermissionError):
                transport.close()
