"""Sends requests and blocks for their answers, over httpx."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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


class SyncTransport:
    """The blocking way to the platform."""

    def __init__(
        self,
        settings: ConnectionSettings,
        timeout_s: float,
        policy: RetryPolicy,
        http_transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.settings = settings
        self.policy = policy
        self._sleep = sleep
        self._http = httpx.Client(**client_options(settings, timeout_s), transport=http_transport)

    def send(self, request: Request[T]) -> T:
        """The answer; sent again within the policy."""
        attempt = 0
        while True:
            try:
                return self._send_once(request)
            except (ToolMeshError, ToolError) as error:
                delay = self.policy.delay_after(error, attempt, repeatable=request.repeatable)
                if delay is None:
                    raise
            self._sleep(delay)
            attempt += 1

    def pause(self, seconds: float) -> None:
        """Waits before something is asked for again."""
        self._sleep(seconds)

    def each(self, request: Request[Page[T]]) -> Iterator[T]:
        """The items of all pages, each page asked for when it is needed."""
        while True:
            page = self.send(request)
            yield from page.items
            if not page.next_page_token:
                return
            request = request.on_page(page.next_page_token)

    def events(self, watch: RunWatch) -> Iterator[RunEvent]:
        """The events of a run to its end; a broken stream is taken up where it broke."""
        while not watch.ended:
            try:
                with self._open(watch.next_request()) as response:
                    for data in response.iter_bytes():
                        yield from watch.feed(data)
                watch.check_ended()
            except ToolMeshError as error:
                delay = watch.delay_after(error)
                self._sleep(delay)

    def server_events(self, request: Request[None]) -> Iterator[ServerSentEvent]:
        """The events of an answer that is a stream; raises the error that the platform ends it with."""
        decoder = ServerSentEventDecoder()
        with self._open(request) as response:
            for data in response.iter_bytes():
                for event in decoder.feed(data):
                    raise_if_error(event)
                    yield event

    def download(self, request: Request[Any], target: Path) -> Path:
        """Writes an answer's bytes to a file, whole or not at all."""
        with self._open(request) as response, FileSink(target) as sink:
            for piece in response.iter_bytes():
                sink.write(piece)
        return target

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def _send_once(self, request: Request[T]) -> T:
        with self._open(request) as response:
            response.read()
        return request.read(response)

    @contextmanager
    def _open(self, request: Request[Any]) -> Iterator[httpx.Response]:
        options = request_options(request)
        with platform_errors(self.settings.base_url):
            if isinstance(request.content, Path):
                with (
                    request.content.open("rb") as file,
                    self._stream(request, {**options, "content": file}) as response,
                ):
                    yield response
            else:
                with self._stream(request, options) as response:
                    yield response

    @contextmanager
    def _stream(self, request: Request[Any], options: dict[str, Any]) -> Iterator[httpx.Response]:
        with self._http.stream(request.method, request.path, **options) as response:
            if response.status_code >= 400:
                response.read()
                raise error_of_response(response)
            yield response
