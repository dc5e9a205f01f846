"""Calls a tool's function, whichever of the four kinds it is, under one time limit."""

import asyncio
import inspect
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator
from typing import Any

from toolmesh_core.errors import DeadlineExceeded
from toolmesh_toolkit.pieces import Progress, Result
from toolmesh_toolkit.tool_threads import ToolThreads

Piece = Progress | str | Result[Any]
Runner = Callable[[dict[str, Any], ToolThreads, float], AsyncIterator[Piece]]


def runner_of(name: str, function: Callable[..., Any]) -> Runner:
    """How to run a function: keyword arguments, threads and a monotonic deadline in, pieces and one Result out."""
    if inspect.isasyncgenfunction(function):
        return lambda kwargs, _, deadline: pieces_until(name, function(**kwargs), deadline)
    if inspect.iscoroutinefunction(function):
        return lambda kwargs, _, deadline: _one_result(name, function(**kwargs), deadline)
    if inspect.isgeneratorfunction(function):
        return lambda kwargs, threads, deadline: _generator(name, function(**kwargs), threads, deadline)
    return lambda kwargs, threads, deadline: _one_result(name, threads.run(lambda: function(**kwargs)), deadline)


async def _one_result(name: str, call: Awaitable[Any], deadline: float) -> AsyncIterator[Piece]:
    yield Result(await _until(name, call, deadline))


async def pieces_until(name: str, pieces: AsyncGenerator[Piece, None], deadline: float) -> AsyncIterator[Piece]:
    """The pieces of an async generator up to its Result; closed at the end, or where the deadline comes first.

    Raises:
        DeadlineExceeded: `time.monotonic()` reached the deadline.
    """
    try:
        while True:
            piece = await _until(name, anext(pieces, None), deadline)
            if piece is None:
                raise TypeError("an async generator tool must yield Result(value) last")
            yield piece
            if isinstance(piece, Result):
                return
    finally:
        await pieces.aclose()


async def _generator(
    name: str, pieces: Generator[Piece, None, Any], threads: ToolThreads, deadline: float
) -> AsyncIterator[Piece]:
    """Each step is a turn on a thread, so a slow caller holds none; a dropped generator is closed by its last step."""
    while True:
        piece = await _until(name, threads.run(_step, pieces), deadline)
        yield piece
        if isinstance(piece, Result):
            return


def _step(pieces: Generator[Piece, None, Any]) -> Piece:
    try:
        return next(pieces)
    except StopIteration as end:
        return Result(end.value)


async def _until(name: str, call: Awaitable[Any], deadline: float) -> Any:
    """The call's value. The scope tells our limit from a TimeoutError of the tool's own."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout_at(loop.time() + deadline - time.monotonic()) as scope:
            return await call
    except TimeoutError as error:
        if not scope.expired():
            raise
        raise DeadlineExceeded(f"tool {name!r} was not done in time and was stopped", reason="TOOL_TIMEOUT") from error
