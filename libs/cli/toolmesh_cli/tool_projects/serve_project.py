"""Serves a file or folder of tools alone until Ctrl-C, and tells the platform of it where asked."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path

from toolmesh_cli.connection import connect
from toolmesh_core.errors import ToolMeshError, Unavailable
from toolmesh_toolkit.source_process import SourceProcess, source_process


async def serve_project(
    path: Path, listen: str, *, register: bool, on_ready: Callable[[SourceProcess, bool], None]
) -> None:
    """Serves until SIGINT or SIGTERM, then drains.

    Args:
        register: tell the running platform's tool router, and tell it again at the end.
        on_ready: told when calls go through, and whether the platform knows of it.

    Raises:
        Unavailable: it ended by itself, or there is no platform.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with source_process(path, listen=listen) as process:
        try:
            # Left before the drain, so that no new call comes meanwhile.
            async with _registered(process) if register else nullcontext():
                on_ready(process, register)
                await _until_either(stop, process)
        finally:
            code = await process.drain()
    if code != 0:
        raise Unavailable(f"tool service {process.name!r} ended with {code}; see what it wrote above")


@asynccontextmanager
async def _registered(process: SourceProcess) -> AsyncIterator[None]:
    await asyncio.to_thread(_register, process)
    try:
        yield
    finally:
        await asyncio.to_thread(_unregister, process)


async def _until_either(stop: asyncio.Event, process: SourceProcess) -> None:
    waiting = {asyncio.create_task(stop.wait()), asyncio.create_task(process.wait())}
    _, left = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in left:
        task.cancel()


def _register(process: SourceProcess) -> None:
    with connect() as client:
        client.tool_services.register(process.name, process.address)


def _unregister(process: SourceProcess) -> None:
    try:
        with connect() as client:
            client.tool_services.unregister(process.name)
    except ToolMeshError:
        # The platform went first: then it finds by itself that the service is gone.
        return
