"""Starts table processes when they are needed, kills one that takes too long, ends those that idle."""

import asyncio
import json
import os
import shutil
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

    process: asyncio.subprocess.Process
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

    async def end(self) -> None:
        """Kills it, whatever it does; one that has ended is not signalled, which would race with its reaping."""
        if not self.answers.at_eof():
            with suppress(ProcessLookupError):
                self.process.kill()
        self.questions.close()
        await self.process.wait()
        await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)


class TableWorkers:
    """A few processes over one folder; each answers one question at a time."""

    def __init__(self, limits: TableLimits, scratch: Path, count: int = 2, idle_s: float = 60.0) -> None:
        self._limits = limits
        self._scratch = scratch
        self._idle_s = idle_s
        self._places = asyncio.Semaphore(count)
        self._idle: list[Worker] = []
        self._reaper: asyncio.TimerHandle | None = None

    async def ask(self, method: str, **arguments: object) -> dict[str, Any]:
        """The answer of a method of TableEngine.

        Raises:
            ToolError: its own refusal; TIMEOUT or OUT_OF_MEMORY where the process had to be ended.
            Unavailable: no process can be started.
        """
        question = json.dumps({"method": method, "arguments": arguments}).encode() + b"\n"
        async with self._places:
            worker = self._idle.pop() if self._idle else await self._start()
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

    async def _start(self) -> Worker:
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, dir=self._scratch))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "toolmesh_tool_data.adapters.table_worker", str(folder)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "MALLOC_ARENA_MAX": "1"},
            limit=MAX_LINE_BYTES,
        )
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the table process has no pipes")
        worker = Worker(process, process.stdin, process.stdout, folder)
        try:
            async with asyncio.timeout(START_S):
                ready = await worker.exchange(self._limits.to_json().encode() + b"\n")
        except BaseException:
            await worker.end()
            raise
        if not ready:
            await worker.end()
            raise Unavailable("the table process does not start; the log of this service says why")
        return worker

    def _rest(self, worker: Worker) -> None:
        self._idle.append(worker)
        if self._reaper:
            self._reaper.cancel()
        self._reaper = asyncio.get_running_loop().call_later(self._idle_s, self._end_idle)

    def _end_idle(self) -> None:
        """Without stdin a process ends by itself; the loop reaps it."""
        for worker in self._idle:
            worker.questions.close()
        self._idle.clear()

    async def close(self) -> None:
        """Ends all that idle; those at work are ended by who waits for them."""
        if self._reaper:
            self._reaper.cancel()
        for worker in self._idle:
            await worker.end()
        self._idle.clear()


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
