"""One process under supervision: started, waited for, restarted with back-off, stopped with all that it began."""

import asyncio
import contextlib
import ctypes
import os
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from toolmesh_core.health import wait_until_healthy

_FIRST_BACKOFF_S = 0.2
_LONGEST_BACKOFF_S = 10.0
# A process that lived this long did start; its next crash begins with a short back-off again.
_STEADY_AFTER_S = 10.0
_PR_SET_PDEATHSIG = 1


class StartFailed(Exception):
    """A process was not healthy in time, or ended before; says what it said last.

    Attributes:
        exit_code: how it ended; None where it was too slow. A negative one is the signal that ended it.
    """

    def __init__(self, message: str, exit_code: int | None = None) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@dataclass(frozen=True)
class ProcessCommand:
    """What to run.

    Attributes:
        name: for messages.
        arguments: the program and its arguments.
        environment: all of it; nothing else is inherited.
        address: where its gRPC health is asked.
        folder: its working directory; None is that of the supervisor.
        before_exec: called in the child just before the program; must be quick, and may only call the system.
    """

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    address: str
    folder: Path | None = None
    before_exec: Callable[[], None] = lambda: None


class SupervisedProcess:
    """Keeps one process running until stopped.

    Args:
        output: opens what its output goes to, each time it is started.
        last_words: what it said last.
        on_change: told when it started, became healthy or ended.
        death_signal: what the kernel sends it when the supervisor dies.
    """

    def __init__(
        self,
        command: ProcessCommand,
        output: Callable[[], AbstractContextManager[int | IO[Any]]],
        last_words: Callable[[], str],
        on_change: Callable[[], None] = lambda: None,
        death_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.command = command
        self.restarts = 0
        self.healthy = False
        self._output = output
        self._last_words = last_words
        self._on_change = on_change
        self._death_signal = death_signal
        self._process: asyncio.subprocess.Process | None = None
        self._watcher: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The running process's id."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self, timeout_s: float) -> None:
        """Starts it and returns when it is healthy; from then on it is kept running.

        Raises:
            StartFailed: it ended first, or took longer than `timeout_s`.
        """
        try:
            async with asyncio.timeout(timeout_s):
                await self._spawn_until_healthy()
        except TimeoutError as error:
            raise StartFailed(
                f"{self.command.name} was not healthy within {timeout_s:g} s; it said last: {self._last_words()}"
            ) from error
        self._watcher = asyncio.create_task(self._keep_running())

    def keep(self) -> None:
        """Starts it in the background and keeps it running, also where the first starts fail."""
        self._watcher = asyncio.create_task(self._start_and_keep_running())

    async def stop(self, grace_s: float) -> None:
        """Asks it to drain; kills it after `grace_s` seconds, with the processes of its session that are left."""
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        try:
            async with asyncio.timeout(grace_s):
                await process.wait()
        except TimeoutError:
            self.kill()
            await process.wait()
        finally:
            self.kill()
            self.healthy = False

    def kill(self) -> None:
        """Ends the process, and what it began, at once; where it is kept running it comes back."""
        if self._process is not None:
            # It leads a group of its own, which has its id also after its own end.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    async def _spawn(self) -> asyncio.subprocess.Process:
        with self._output() as output:
            self._process = await asyncio.create_subprocess_exec(
                *self.command.arguments,
                env=dict(self.command.environment),
                cwd=self.command.folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Of its own session, so that Ctrl-C reaches the supervisor alone, which then stops all in order.
                start_new_session=True,
                preexec_fn=self._in_child,
            )
        self._on_change()
        return self._process

    def _in_child(self) -> None:
        """The kernel ends this process when the supervisor dies, so that even kill -9 leaves none behind."""
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, self._death_signal)
        self.command.before_exec()

    async def _spawn_until_healthy(self) -> None:
        process = await self._spawn()
        ended = asyncio.create_task(process.wait())
        healthy = asyncio.create_task(wait_until_healthy(self.command.address))
        try:
            await asyncio.wait({ended, healthy}, return_when=asyncio.FIRST_COMPLETED)
            if not healthy.done():
                raise StartFailed(
                    f"{self.command.name} ended with {process.returncode}: {self._last_words()}", process.returncode
                )
            self.healthy = True
            self._on_change()
        finally:
            for task in (ended, healthy):
                task.cancel()
            await asyncio.gather(ended, healthy, return_exceptions=True)

    async def _start_and_keep_running(self) -> None:
        with contextlib.suppress(StartFailed):
            await self._spawn_until_healthy()
        await self._keep_running()

    async def _keep_running(self) -> None:
        backoff_s = _FIRST_BACKOFF_S
        while True:
            started = time.monotonic()
            if self._process is not None:
                await self._process.wait()
            self.kill()
            self.healthy = False
            self._on_change()
            if time.monotonic() - started > _STEADY_AFTER_S:
                backoff_s = _FIRST_BACKOFF_S
            await asyncio.sleep(backoff_s)
            backoff_s = min(backoff_s * 2, _LONGEST_BACKOFF_S)
            self.restarts += 1
            with contextlib.suppress(StartFailed):
                await self._spawn_until_healthy()
