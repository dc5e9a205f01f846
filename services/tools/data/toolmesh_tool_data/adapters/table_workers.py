"""Starts table processes when they are needed, kills one that takes too long, ends those that idle."""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolmesh_core.errors import ToolError, Unavailable
from toolmesh_tool_data.adapters.table_limits import TableLimits

GRACE_S = 1.5
"""A process that is asked to stop at the limit gets this long to say so, since starting another takes 0.3 s."""
START_S = 20.0
MAX_LINE_BYTES = 8 * 2**20


@dataclass(frozen=True, slots=True)
class Worker:
    """A table process, and the folder it converts files in."""

    process: subprocess.Popen[bytes]
    questions: asyncio.StreamWriter
    answers: asyncio.StreamReader
    folder: Path

    async def exchange(self, question: bytes) -> bytes:
        """Sends a line and gives the line that comes back; an empty one where the process has ended."""
        with suppress(ConnectionError):
            self.questions.write(question)
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


async def start_worker(limits: TableLimits, scratch: Path) -> Worker:
    """A process that is ready for questions.

    Raises:
        Unavailable: it does not start.
    """
    folder, process, ours = await asyncio.to_thread(_spawn, scratch)
    answers, questions = await asyncio.open_connection(sock=ours, limit=MAX_LINE_BYTES)
    worker = Worker(process, questions, answers, folder)
    try:
        async with asyncio.timeout(START_S):
            ready = await worker.exchange(limits.to_json().encode() + b"\n")
    except BaseException:
        await worker.end()
        raise
    if not ready:
        await worker.end()
        raise Unavailable("the table process does not start; the log of this service says why")
    return worker


def _spawn(scratch: Path) -> tuple[Path, subprocess.Popen[bytes], socket.socket]:
    """By subprocess, which uses vfork: the fork of uvloop runs gRPC's handlers, and they crash the child."""
    folder = Path(tempfile.mkdtemp(dir=scratch))
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "toolmesh_tool_data.adapters.table_worker", str(folder)],
            stdin=theirs.fileno(),
            stdout=theirs.fileno(),
            env={**os.environ, "MALLOC_ARENA_MAX": "1"},
        )
    return folder, process, ours


class TableWorkers:
    """A few processes over one folder; each answers one question at a time."""

    def __init__(self, limits: TableLimits, scratch: Path, count: int = 2, idle_s: float = 60.0) -> None:
        self._limits = limits
        self._scratch = scratch
        self._idle_s = idle_s
        self._places = asyncio.Semaphore(count)
        self._idle: list[Worker] = []
        self._leaving: set[asyncio.Task[None]] = set()
        self._reaper: asyncio.TimerHandle | None = None

    async def ask(self, method: str, **arguments: object) -> dict[str, Any]:
        """The answer of a method of TableEngine.

        Raises:
            ToolError: its own refusal; TIMEOUT or OUT_OF_MEMORY where the process had to be ended.
            Unavailable: no process can be started.
        """
        question = json.dumps({"method": method, "arguments": arguments}).encode() + b"\n"
        async with self._places:
            worker = self._idle.pop() if self._idle else await start_worker(self._limits, self._scratch)
            try:
                line = await self._in_time(worker, question)
            except BaseException:
                await worker.end()
                raise
            self._rest(worker)
        answer: dict[str, Any] = json.loads(line)
        if failure := answer.get("failure"):
            raise ToolError(failure["message"], reason=failure["reason"])
        result: dict[str, Any] = answer["answer"]
        return result

    async def _in_time(self, worker: Worker, question: bytes) -> bytes:
        try:
            async with asyncio.timeout(self._limits.timeout_s + GRACE_S):
                line = await worker.exchange(question)
        except TimeoutError as error:
            raise ToolError(
                f"the question took over {self._limits.timeout_s:g} s: ask for less", reason="TIMEOUT"
            ) from error
        if not line:
            raise ToolError(
                "the table process ended at work, most likely for want of memory: ask for less", reason="OUT_OF_MEMORY"
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
async def table_workers(
    limits: TableLimits, data_dir: Path, count: int = 2, idle_s: float = 60.0
) -> AsyncIterator[TableWorkers]:
    """Workers for the life of the service; what a killed service left of converted files is removed first."""
    scratch = data_dir / "scratch"
    await asyncio.to_thread(_make_empty, scratch)
    workers = TableWorkers(limits, scratch, count, idle_s)
    try:
        yield workers
    finally:
        await workers.close()
        await asyncio.to_thread(shutil.rmtree, scratch, ignore_errors=True)


def _make_empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
