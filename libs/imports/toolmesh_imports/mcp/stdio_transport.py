"""MCP over a command's stdin and stdout: as the SDK's own transport, with bounds on what the command may write.

The SDK's keeps a line until it ends, however long it gets, and gives the command our stderr.
"""

import asyncio
import re
from collections import deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage
from mcp_types import ErrorData, JSONRPCError, jsonrpc_message_adapter

from toolmesh_imports.mcp.call_errors import TOO_LARGE
from toolmesh_imports.mcp.line_framing import LineSplitter, LongLine
from toolmesh_imports.mcp.options import McpLimits
from toolmesh_imports.mcp.server_process import ServerProcess, running
from toolmesh_imports.mcp.session_watch import SessionWatch

if TYPE_CHECKING:
    from mcp.client._transport import TransportStreams

_CHUNK_BYTES = 2**16
_WAITING_MESSAGES = 64
_WRITE_TIMEOUT_S = 10.0
_ENDLESS = 16
_ID = re.compile(rb'\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(\d{1,15})\s*,')

_Item = SessionMessage | Exception


class LastWords:
    """The end of what a command wrote to stderr.

    Args:
        max_bytes: kept.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._chunks: deque[bytes] = deque()
        self._size = 0

    def add(self, chunk: bytes) -> None:
        """Takes a piece, and forgets the oldest where there is no room."""
        self._chunks.append(chunk[-self._max_bytes :])
        self._size += len(self._chunks[-1])
        while self._size - len(self._chunks[0]) >= self._max_bytes:
            self._size -= len(self._chunks.popleft())

    def text(self) -> str:
        """What is kept."""
        return b"".join(self._chunks)[-self._max_bytes :].decode("utf-8", "replace")


@asynccontextmanager
async def stdio_transport(
    command: Sequence[str],
    environment: Mapping[str, str],
    directory: Path | None,
    *,
    limits: McpLimits,
    watch: SessionWatch,
    last_words: LastWords,
) -> "AsyncGenerator[TransportStreams]":
    """A transport for the SDK's client, for as long as the command runs.

    Raises:
        OSError, ValueError: the command cannot be started.
    """
    async with running(command, environment, directory) as process:
        to_session, from_server = anyio.create_memory_object_stream[_Item](0)
        to_server, from_session = anyio.create_memory_object_stream[SessionMessage](_WAITING_MESSAGES)
        tasks = [
            asyncio.create_task(_read(process, to_session, limits, watch)),
            asyncio.create_task(_write(process, from_session, watch)),
            asyncio.create_task(_listen_to_stderr(process, last_words)),
        ]
        try:
            yield from_server, to_server
        finally:
            from_server.close()
            to_server.close()
            try:
                # Before the tasks end, since a command that cannot write on does not end either.
                await process.stop()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                for stream in (to_session, from_session):
                    stream.close()


async def _read(
    process: ServerProcess, to_session: MemoryObjectSendStream[_Item], limits: McpLimits, watch: SessionWatch
) -> None:
    splitter = LineSplitter(limits.message_bytes)
    async with to_session:
        while chunk := await process.stdout.read(_CHUNK_BYTES):
            for line in splitter.feed(chunk):
                if line == b"" or await _delivered(_message(line), to_session):
                    continue
                await _drain(process)
                return
            if splitter.open_bytes > _ENDLESS * limits.message_bytes:
                watch.end(f"it wrote a line of over {_ENDLESS * limits.message_bytes} bytes")
                return
        watch.end("it ended, or closed its output")


async def _delivered(item: _Item, to_session: MemoryObjectSendStream[_Item]) -> bool:
    try:
        await to_session.send(item)
    except (anyio.BrokenResourceError, anyio.ClosedResourceError):
        return False
    return True


async def _drain(process: ServerProcess) -> None:
    """A command that is told to end may want to write something first."""
    while await process.stdout.read(_CHUNK_BYTES):
        pass


def _message(line: bytes | LongLine) -> _Item:
    if isinstance(line, LongLine):
        if (found := _ID.match(line.head)) is None:
            return ValueError("a message is too long, and does not say at once which request it answers")
        error = ErrorData(code=TOO_LARGE, message="the answer is too large")
        return SessionMessage(JSONRPCError(jsonrpc="2.0", id=int(found[1]), error=error))
    try:
        return SessionMessage(jsonrpc_message_adapter.validate_json(line, by_name=False))
    except ValueError:
        # Not "from": the SDK logs what it is given, and the line is the server's.
        return ValueError("a line is no message")


async def _write(
    process: ServerProcess, from_session: MemoryObjectReceiveStream[SessionMessage], watch: SessionWatch
) -> None:
    try:
        async with from_session:
            async for item in from_session:
                process.stdin.write(item.message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n")
                async with asyncio.timeout(_WRITE_TIMEOUT_S):
                    await process.stdin.drain()
    except TimeoutError:
        watch.end(f"it read nothing for {_WRITE_TIMEOUT_S:g} s")
    except (ConnectionError, BrokenPipeError):
        watch.end("it closed its input")


async def _listen_to_stderr(process: ServerProcess, last_words: LastWords) -> None:
    while chunk := await process.stderr.read(_CHUNK_BYTES):
        last_words.add(chunk)
