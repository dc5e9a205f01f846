"""Imported tools as the toolkit's servicer serves them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from toolmesh.tool.v1 import tool_pb2
from toolmesh_core.errors import ToolError
from toolmesh_imports.sources import ImportedTool, Tell
from toolmesh_imports.sources import Progress as ToldProgress
from toolmesh_toolkit import Progress, Result, ToolContext
from toolmesh_toolkit.invocation import Piece, pieces_until
from toolmesh_toolkit.tool_threads import ToolThreads

# Progress that nobody has taken is of no use any more; pieces of output are bounded by the import.
_MOST_WAITING = 64


class ServedImport:
    """One imported tool, served."""

    def __init__(self, tool: ImportedTool) -> None:
        self._tool = tool
        self.definition: tool_pb2.Tool = tool.definition
        seconds = tool.definition.timeout.ToTimedelta().total_seconds()
        self.timeout_s = seconds if tool.definition.HasField("timeout") else None

    def start(self, arguments_json: str, context: ToolContext[Any], threads: ToolThreads) -> AsyncIterator[Piece]:
        """Calls it; it is told to stop where the caller goes or time is up."""
        return pieces_until(self.definition.name, self._pieces(arguments_json), context.deadline)

    def output_json(self, value: Any) -> str:
        """It is JSON text already."""
        return str(value)

    async def _pieces(self, arguments_json: str) -> AsyncGenerator[Piece, None]:
        told: asyncio.Queue[Piece | None] = asyncio.Queue()

        def tell(piece: ToldProgress | str) -> None:
            if isinstance(piece, str):
                told.put_nowait(_sendable(piece))
            elif told.qsize() < _MOST_WAITING:
                told.put_nowait(Progress(piece.fraction, _sendable(piece.message)))

        call = asyncio.create_task(self._call(arguments_json, tell))
        call.add_done_callback(lambda _: told.put_nowait(None))
        try:
            while (piece := await told.get()) is not None:
                yield piece
            yield Result(call.result())
        finally:
            call.cancel()
            await asyncio.gather(call, return_exceptions=True)

    async def _call(self, arguments_json: str, tell: Tell) -> str:
        try:
            return await self._tool.call(arguments_json, tell)
        except ToolError as error:
            raise ToolError(_sendable(error.message), reason=error.reason, retryable=error.retryable) from error


def _sendable(text: str) -> str:
    """Half a sign (a lone surrogate), which a stranger may send in JSON, goes over no wire."""
    return text.encode("utf-8", "replace").decode()
