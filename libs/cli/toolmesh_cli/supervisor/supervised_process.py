"""One process under supervision: started, waited for, restarted with back-off, stopped."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from toolmesh_cli.supervisor.plan import PlannedProcess
from toolmesh_core.health import wait_until_healthy

_FIRST_BACKOFF_S = 0.2
_LONGEST_BACKOFF_S = 10.0
# A process that lived this long did start; its next crash begins with a short back-off again.
_STEADY_AFTER_S = 10.0
_PR_SET_PDEATHSIG = 1


class StartFailed(Exception):
    """A process ended before it was ready; says what it said last."""


class SupervisedProcess:
    """Keeps one planned process running until stopped."""

    def __init__(self, plan: PlannedProcess, log_file: Path, on_change: Callable[[], None]) -> None:
        self.plan = plan
        self.restarts = 0
        self.healthy = False
        self._log_file = log_file
        self._on_change = on_change
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False
        self._watcher: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The running process's id."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self, timeout_s: float) -> None:
        """Starts it and returns when it is healthy.

        Raises:
            StartFailed: it ended first, or took longer than `timeout_s`.
        """
        try:
            async with asyncio.timeout(timeout_s):
                await self._spawn_until_healthy()
        except TimeoutError as error:
            raise StartFailed(
                f"{self.plan.name} was not healthy within {timeout_s:g} s; see {self._log_file}"
            ) from error
        self._watcher = asyncio.create_task(self._keep_running())

    async def stop(self, grace_s: float) -> None:
        """Asks it to drain; kills it after `grace_s` seconds."""
        self._stopping = True
        if self._watcher is not None:
            self._watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watcher
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(grace_s):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _spawn(self) -> asyncio.subprocess.Process:
        with self._log_file.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                self.plan.module,
                env={**os.environ, **self.plan.env},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Of its own session, so that Ctrl-C reaches the supervisor alone, which then stops all in order.
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        self._on_change()
        return self._process

    async def _spawn_until_healthy(self) -> None:
        process = await self._spawn()
        ended = asyncio.create_task(process.wait())
        healthy = asyncio.create_task(wait_until_healthy(self.plan.address))
        try:
            await asyncio.wait({ended, healthy}, return_when=asyncio.FIRST_COMPLETED)
            if not healthy.done():
                raise StartFailed(f"{self.plan.name} ended with {process.returncode}: {_last_line(self._log_file)}")
            self.healthy = True
            self._on_change()
        finally:
            for task in (ended, healthy):
                task.cancel()
            await asyncio.gather(ended, healthy, return_exceptions=True)

    async def _keep_running(self) -> None:
        backoff_s = _FIRST_BACKOFF_S
        while True:
            started = time.monotonic()
            if self._process is not None:
                await self._process.wait()
            self.healthy = False
            self._on_change()
            if time.monotonic() - started > _STEADY_AFTER_S:
                backoff_s = _FIRST_BACKOFF_S
            await asyncio.sleep(backoff_s)
            backoff_s = min(backoff_s * 2, _LONGEST_BACKOFF_S)
            self.restarts += 1
            with contextlib.suppress(StartFailed):
                await self._spawn_until_healthy()


def _die_with_parent() -> None:
    """The kernel ends this process when the supervisor dies, so that even kill -9 leaves none behind."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _last_line(log_file: Path) -> str:
    with log_file.open(errors="replace") as log:
        lines = deque((line.strip() for line in log if line.strip()), maxlen=1)
    return lines[0] if lines else f"it said nothing; see {log_file}"
