"""One interpreter in its sandbox: takes a program at a time, keeps its variables, is ended when it misbehaves."""

import asyncio
import json
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from toolmesh_core.errors import Unavailable
from toolmesh_tool_code.adapters.output_pipe import OutputPipe
from toolmesh_tool_code.adapters.resource_use import use_of
from toolmesh_tool_code.adapters.sandbox_process import NO_REST, Launch, Sandbox, spawn
from toolmesh_tool_code.adapters.session_cgroup import SessionCgroup, SessionCgroups
from toolmesh_tool_code.domain.answers import Answer, BrokenProtocol, Outcome, most_bytes, read_answer
from toolmesh_tool_code.domain.limits import ADDRESS_ROOM_MB, AnswerLimits

START_S = 20.0
GRACE_S = 2.0
"""How long after its time limit a program has to stop by itself, which keeps its session."""
LOOK_EVERY_S = 0.2
_READY = b'{"ready": true}'
Printed = tuple[str, bool]


class Session:
    """Made by `open_session`; used by one call at a time."""

    def __init__(
        self,
        sandbox: Sandbox,
        launch: Launch,
        limits: AnswerLimits,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        self.ended = ""
        self.cgroup: SessionCgroup | None = None
        self._sandbox = sandbox
        self._launch = launch
        self._limits = limits
        self._reader, self._writer = streams
        flood = "it printed without end"
        self._stdout = OutputPipe(sandbox.stdout, limits.characters, lambda: self.kill(flood))
        self._stderr = OutputPipe(sandbox.stderr, limits.characters, lambda: self.kill(flood))
        self._calls = 0
        self._closing: asyncio.Task[None] | None = None
        self._last_words: tuple[Printed, Printed] | None = None

    async def begin(self) -> list[int]:
        """Waits until the interpreter is ready; the ids of the processes in the sandbox.

        Raises:
            Unavailable: it does not become so; the message says what bubblewrap said.
        """
        limits = self._launch.limits
        first = {
            "uid": self._sandbox.uid,
            "address_space_mb": limits.memory_mb + ADDRESS_ROOM_MB,
            "file_mb": limits.disk_mb,
            "processes": limits.processes,
            "cpu_s": limits.cpu_s,
        }
        try:
            async with asyncio.timeout(START_S):
                ready = await self._exchange(first)
            if ready == _READY:
                return await asyncio.to_thread(self._sandbox.know_processes)
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError, BrokenProtocol, IndexError):
            await self.end("it did not start")
        said = " ".join(self._outcome(None, []).stderr.split())[-500:]
        raise Unavailable(f"the sandbox does not start: {said or 'bubblewrap says nothing'}", reason="NO_SANDBOX")

    async def run(self, question: Mapping[str, Any], time_limit_s: float) -> Outcome:
        """Runs one program. One that ends its session, or has it ended, gives an outcome without an answer.

        Args:
            question: "code", "files", "return_files".
        """
        self._calls += 1
        message = {**question, "call": self._calls, "time_limit_s": time_limit_s} | {
            "most_characters": self._limits.characters,
            "most_images": self._limits.images,
            "most_image_bytes": self._limits.image_bytes,
            "most_bytes": self._limits.returned_bytes,
        }
        self._sandbox.wake()
        watching = asyncio.create_task(self._watch())
        try:
            answer = await self._answer(message, time_limit_s)
        except BaseException:
            # Nobody waits any more, and nobody knows what the program does.
            await self.end("its caller left")
            raise
        finally:
            watching.cancel()
        notes = [] if answer is None else await self._rest()
        return self._outcome(answer, notes)

    async def _answer(self, message: Mapping[str, Any], time_limit_s: float) -> Answer | None:
        try:
            async with asyncio.timeout(time_limit_s + GRACE_S):
                body = await self._exchange(message)
            return read_answer(body, self._calls, self._limits)
        except TimeoutError:
            await self.end(f"it went on after its {time_limit_s:g} s")
        except (ConnectionError, asyncio.IncompleteReadError):
            await self.end(self.ended or await self._end_of_itself())
        except BrokenProtocol as error:
            await self.end(f"its answer was forged: {error}")
        return None

    async def _exchange(self, message: Mapping[str, Any]) -> bytes:
        body = json.dumps(message).encode()
        self._writer.write(len(body).to_bytes(4, "big") + body)
        await self._writer.drain()
        count = int.from_bytes(await self._reader.readexactly(4), "big")
        if count > most_bytes(self._limits):
            raise BrokenProtocol(f"it has {count} bytes")
        return await self._reader.readexactly(count)

    async def _watch(self) -> None:
        while not self.ended:
            await asyncio.sleep(LOOK_EVERY_S)
            use = await asyncio.to_thread(use_of, self._sandbox.process.pid)
            if excess := use.excess(self._launch.limits):
                self.kill(excess)

    async def check_rest(self) -> None:
        """Ends the session where something in there still runs although nobody asked; called from time to time."""
        if await asyncio.to_thread(self._sandbox.rest):
            await self.end("it went on working after its call")

    async def _rest(self) -> list[str]:
        count = await asyncio.to_thread(self._sandbox.rest)
        if count == NO_REST:
            await self.end("it started processes without end")
            return []
        return [f"{count} processes that the program left running were ended"] if count else []

    def _outcome(self, answer: Answer | None, notes: list[str]) -> Outcome:
        printed = self._last_words or self._take()
        for name, (text, was_cut) in zip(("standard output", "standard error"), printed, strict=True):
            if was_cut:
                notes.append(f"{name} was cut after {len(text)} characters")
        return Outcome(answer, printed[0][0], printed[1][0], self.ended, tuple(notes))

    def _take(self) -> tuple[Printed, Printed]:
        return self._stdout.take(), self._stderr.take()

    def kill(self, reason: str) -> None:
        """Kills all in there; whoever waits for an answer learns that the session has ended."""
        self.ended = self.ended or reason
        # Not while it is being closed: by then its numbers may be those of another one.
        if self._closing is None:
            self._sandbox.kill()

    async def end(self, reason: str) -> None:
        """Kills all in there and gives back what it held; the second time nothing happens.

        Args:
            reason: for the caller; an earlier one stays.
        """
        self.kill(reason)
        if self._closing is None:
            self._closing = asyncio.create_task(self._close())
        # A caller that is cancelled here must not leave half of it undone.
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        await asyncio.to_thread(self._sandbox.process.wait)
        self._last_words = self._take()
        for pipe in (self._stdout, self._stderr):
            pipe.close()
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()
        await asyncio.to_thread(self._sandbox.close)
        if self.cgroup is not None:
            await asyncio.to_thread(self.cgroup.remove)

    async def _end_of_itself(self) -> str:
        """How the interpreter ended, where nobody ended it."""
        with suppress(subprocess.TimeoutExpired):
            code = await asyncio.to_thread(self._sandbox.process.wait, 1.0)
            return exit_in_words(code)
        return "it closed its channel"


def exit_in_words(code: int) -> str:
    """An exit code of bubblewrap's: that of the interpreter, or 128 and a signal's number."""
    try:
        name = signal.Signals(code - 128).name
    except ValueError:
        return f"it exited with {code}"
    return "it used up its CPU time" if name == "SIGXCPU" else f"it died of {name}"


async def open_session(launch: Launch, limits: AnswerLimits, cgroups: SessionCgroups) -> Session:
    """A session that is ready.

    Raises:
        Unavailable: the sandbox does not start; the message says why.
    """
    try:
        sandbox = await asyncio.to_thread(spawn, launch)
    except OSError as error:
        raise Unavailable(
            f"{launch.bubblewrap} cannot be started ({error.strerror}): install bubblewrap", reason="NO_SANDBOX"
        ) from error
    streams = await asyncio.open_connection(sock=sandbox.channel)
    session = Session(sandbox, launch, limits, streams)
    try:
        processes = await session.begin()
        session.cgroup = await asyncio.to_thread(cgroups.join, processes)
    except BaseException:
        await session.end("it did not start")
        raise
    return session
