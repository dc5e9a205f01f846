"""Sends requests and awaits their answers, over httpx; files are read and written in threads."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx

from toolmesh_core.errors import ToolError, ToolMeshError
from toolmesh_sdk.connection_settings import ConnectionSettings
from toolmesh_sdk.file_sink import FileSink
from toolmesh_sdk.http_options import client_options, request_options
from toolmesh_sdk.problem import error_of_response, platform_errors, raise_if_error
from toolmesh_sdk.records.event import RunEvent
from toolmesh_sdk.records.record import Page
from toolmesh_sdk.request import Request
from toolmesh_sdk.retry import RetryPolicy
from toolmesh_sdk.run_watch import RunWatch
from toolmesh_sdk.server_sent_events import ServerSentEvent, ServerSentEventDecoder

T = TypeVar("T")
_PIECE_BYTES = 2**18


class AsyncTransport:
    """The awaitable way to the platform."""

    def __init__(
        self,
        settings: ConnectionSettings,
        timeout_s: float,
        policy: RetryPolicy,
        http_transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.settings = settings
        self.policy = policy
        self._sleep = sleep
        self._http = httpx.AsyncClient(**client_options(settings, timeout_s), transport=http_transport)

    async def send(self, request: Request[T]) -> T:
        """The answer; sent again within the policy."""
        attempt = 0
        while True:
            try:
                return await self._send_once(request)
            except (ToolMeshError, ToolError) as error:
                delay = self.policy.delay_after(error, attempt, repeatable=request.repeatable)
                if delay is None:
                    raise
            await self._sleep(delay)
            attempt += 1

    async def pause(self, seconds: float) -> None:
        """Waits before something is asked for again."""
        await self._sleep(seconds)

    async def each(self, request: Request[Page[T]]) -> AsyncIterator[T]:
        """The items of all pages, each page asked for when it is needed."""
        while True:
            page = await self.send(request)
            for item in page.items:
                yield item
            if not page.next_page_token:
                return
            request = request.on_page(page.next_page_token)

    async def events(self, watch: RunWatch) -> AsyncIterator[RunEvent]:
        """The events of a run to its end; a broken stream is taken up where it broke."""
        while not watch.ended:
            try:
                async with self._open(watch.next_request()) as response:
                    async for data in response.aiter_bytes():
                        for event in watch.feed(data):
                            yield event
                watch.check_ended()
            except ToolMeshError as error:
                delay = watch.delay_after(error)
                await self._sleep(delay)

    async def server_events(self, request: Request[None]) -> AsyncGenerator[ServerSentEvent, None]:
        """The events of an answer that is a stream; raises the error that the platform ends it with."""
        decoder = ServerSentEventDecoder()
        async with self._open(request) as response:
            async for data in response.aiter_bytes():
                for event in decoder.feed(data):
                    raise_if_error(event)
                    yield event

    async def download(self, request: Request[Any], target: Path) -> Path:
        """Writes an answer's bytes to a file, whole or not at all."""
        async with self._open(request) as response:
            with FileSink(target) as sink:
                async for piece in response.aiter_bytes():
                    await asyncio.to_thread(sink.write, piece)
        return target

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def _send_once(self, request: Request[T]) -> T:
        async with self._open(request) as response:
            await response.aread()
        return request.read(response)

    @asynccontextmanager
    async def _open(self, request: Request[Any]) -> AsyncIterator[httpx.Response]:
        # In a thread where building the body reads a file.
        options = await asyncio.to_thread(request_options, request) if request.make_body else request_options(request)
        if isinstance(request.content, Path):
            options["content"] = _pieces_of(request.content)
        with platform_errors(self.settings.base_url):
            async with self._http.stream(request.method, request.path, **options) as response:
                if response.status_code >= 400:
                    await response.aread()
                    raise error_of_response(response)
                yield response


async def _pieces_of(path: Path) -> AsyncIterator[bytes]:
    file = await asyncio.to_thread(path.open, "rb")
    try:
        while piece := await asyncio.to_thread(file.read, _PIECE_BYTES):
            yield piece
    finally:
        await asyncio.to_thread(file.close)
