"""Starts worker processes when they are needed, kills one that takes too long, ends those that idle."""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from toolmesh_core.errors import ToolError, Unavailable

GRACE_S = 1.5
"""A process that is asked to stop at the limit gets this long to say so, since starting another takes 0.3 s."""
START_S = 20.0
_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "LD_LIBRARY_PATH")
_ENVIRONMENT_PREFIXES = ("PYTHON", "FONTCONFIG_", "XDG_")


@dataclass(frozen=True, slots=True)
class WorkerKind:
    """What the processes of a pool are.

    Attributes:
        module: what `python -m` runs; it calls `serve_worker`.
        name: for people: "table process".
        settings: told to each process at its start, not seen from outside; JSON values.
        timeout_s: for one question; the process has a moment more to say that it took too long.
        most_answer_bytes: of one answer as JSON.
    """

    module: str
    name: str
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)
    timeout_s: float = 10.0
    most_answer_bytes: int = 8 * 2**20


@dataclass(frozen=True, slots=True)
class Worker:
    """A process, and the folder of its own."""

    process: subprocess.Popen[bytes]
    questions: asyncio.StreamWriter
    answers: asyncio.StreamReader
    folder: Path

    async def exchange(self, message: Mapping[str, Any]) -> bytes:
        """Sends a line and gives the line that comes back; an empty one where the process has ended."""
        with suppress(ConnectionError, ValueError):
            self.questions.write(json.dumps(message).encode() + b"\n")
            await self.questions.drain()
            line = await self.answers.readline()
            return line if line.endswith(b"\n") else b""
        return b""

    async def end(self) -> None:
        """Kills it, whatever it does."""
        self.process.kill()
        await self.leave()

    async def leave(self) -> None:
        """Without questions a process at rest ends by itself; what it left of files is removed."""
        self.questions.close()
        await asyncio.to_thread(self.process.wait)
        await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)


async def start_worker(kind: WorkerKind, scratch: Path) -> Worker:
    """A process that is ready for questions.

    Raises:
        Unavailable: it does not start.
    """
    spawning = asyncio.create_task(asyncio.to_thread(_spawn, kind, scratch))
    try:
        folder, process, ours = await asyncio.shield(spawning)
        answers, questions = await asyncio.open_connection(sock=ours, limit=kind.most_answer_bytes)
    except asyncio.CancelledError:
        # The thread goes on, and what it starts must not be left behind.
        await _abandon(*await spawning)
        raise
    worker = Worker(process, questions, answers, folder)
    try:
        async with asyncio.timeout(START_S):
            ready = await worker.exchange({"settings": dict(kind.settings), "timeout_s": kind.timeout_s})
    except BaseException:
        await worker.end()
        raise
    if not ready:
        await worker.end()
        raise Unavailable(f"the {kind.name} does not start; the log of this service says why")
    return worker


async def _abandon(folder: Path, process: subprocess.Popen[bytes], ours: socket.socket) -> None:
    ours.close()
    process.kill()
    await asyncio.to_thread(process.wait)
    await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _spawn(kind: WorkerKind, scratch: Path) -> tuple[Path, subprocess.Popen[bytes], socket.socket]:
    """By subprocess, which uses vfork: the fork of uvloop runs gRPC's handlers, and they crash the child."""
    folder = Path(tempfile.mkdtemp(dir=scratch))
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", kind.module, str(folder)],
            stdin=theirs.fileno(),
            stdout=theirs.fileno(),
            env={**_environment(), "MALLOC_ARENA_MAX": "1"},
        )
    return folder, process, ours


def _environment() -> dict[str, str]:
    """What a Python process needs: none of the settings and secrets of the service."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in _ENVIRONMENT or name.startswith(_ENVIRONMENT_PREFIXES)
    }


class WorkerPool:
    """A few processes of one kind; each answers one question at a time."""

    def __init__(self, kind: WorkerKind, scratch: Path, count: int = 2, idle_s: float = 60.0) -> None:
        self._kind = kind
        self._scratch = scratch
        self._idle_s = idle_s
        self._places = asyncio.Semaphore(count)
        self._idle: list[Worker] = []
        self._leaving: set[asyncio.Task[None]] = set()
        self._reaper: asyncio.TimerHandle | None = None

    async def ask(self, method: str, **arguments: object) -> dict[str, Any]:
        """The answer of one of the worker's methods.

        Raises:
            ToolError: its own refusal; TIMEOUT or OUT_OF_MEMORY where the process had to be ended.
            Unavailable: no process can be started.
        """
        async with self._places:
            worker = self._idle.pop() if self._idle else await start_worker(self._kind, self._scratch)
            try:
                line = await self._in_time(worker, {"method": method, "arguments": arguments})
            except BaseException:
                await worker.end()
                raise
            self._rest(worker)
        answer: dict[str, Any] = await asyncio.to_thread(json.loads, line) if len(line) > 2**16 else json.loads(line)
        if failure := answer.get("failure"):
            raise ToolError(failure["message"], reason=failure["reason"])
        result: dict[str, Any] = answer["answer"]
        return result

    async def _in_time(self, worker: Worker, question: Mapping[str, Any]) -> bytes:
        try:
            async with asyncio.timeout(self._kind.timeout_s + GRACE_S):
                line = await worker.exchange(question)
        except TimeoutError as error:
            raise ToolError(
                f"the question took over {self._kind.timeout_s:g} s: ask for less", reason="TIMEOUT"
            ) from error
        if not line:
            raise ToolError(
                f"the {self._kind.name} ended at work, most likely for want of memory: ask for less",
                reason="OUT_OF_MEMORY",
            )
        return line

    def _rest(self, worker: Worker) -> None:
        self._idle.append(worker)
        if self._reaper:
            self._reaper.cancel()
        self._reaper = asyncio.get_running_loop().call_later(self._idle_s, self._end_idle)

    def _end_idle(self) -> None:
        for worker in self._idle:
            leaving = asyncio.get_running_loop().create_task(worker.leave())
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)
        self._idle.clear()

    async def close(self) -> None:
        """Ends all that idle; those at work are ended by who waits for them."""
        if self._reaper:
            self._reaper.cancel()
        self._end_idle()
        await asyncio.gather(*self._leaving)


@asynccontextmanager
async def worker_pool(
    kind: WorkerKind, scratch: Path, count: int = 2, idle_s: float = 60.0
) -> AsyncIterator[WorkerPool]:
    """A pool for the life of a service.

    Args:
        scratch: a folder for the processes' own; what a killed service left there is removed first.
        count: processes that work at a time.
        idle_s: seconds after which those that idle end.
    """
    await asyncio.to_thread(_make_empty, scratch)
    pool = WorkerPool(kind, scratch, count, idle_s)
    try:
        yield pool
    finally:
        await pool.close()
        await asyncio.to_thread(shutil.rmtree, scratch, ignore_errors=True)


def _make_empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
