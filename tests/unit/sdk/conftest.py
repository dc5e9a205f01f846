"""Both clients over a scripted platform: each test of calls runs once blocking and once awaited."""

import inspect
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from toolmesh_sdk import AsyncClient, Client

Answer = httpx.Response | Exception


class Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that comes in pieces, and may break off with an exception."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


@dataclass
class Platform:
    """Gives the scripted answers in turn and keeps what it was asked."""

    answers: list[Answer] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    def will_answer(self, *answers: Answer | dict[str, Any]) -> None:
        self.answers += [httpx.Response(200, json=a) if isinstance(a, dict) else a for a in answers]

    def will_stream(self, *pieces: bytes | Exception) -> None:
        self.answers.append(httpx.Response(200, stream=Pieces(*pieces)))

    def will_refuse(self, status: int, headers: dict[str, str] | None = None, **problem: Any) -> None:
        self.answers.append(httpx.Response(status, json={"status": status, **problem}, headers=headers))

    def take(self, request: httpx.Request, body: bytes) -> httpx.Response:
        self.requests.append(request)
        self.bodies.append(body)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def body(self) -> Any:
        """The last JSON body."""
        return json.loads(self.bodies[-1])

    @property
    def asked(self) -> list[str]:
        """Verb and path with query of each request."""
        return [f"{r.method} {r.url.raw_path.decode()}" for r in self.requests]


@dataclass
class Sdk:
    """A client of either kind; `do` runs a call of it to its end."""

    client: Any

    async def do(self, call: Callable[[Any], Any]) -> Any:
        result = call(self.client)
        if inspect.isasyncgen(result):
            return [item async for item in result]
        if inspect.isgenerator(result):
            return list(result)
        return await result if inspect.isawaitable(result) else result


@pytest.fixture
def platform() -> Platform:
    return Platform()


def sync_client(platform: Platform) -> Client:
    def handle(request: httpx.Request) -> httpx.Response:
        return platform.take(request, request.read())

    client = Client("http://platform.test", "key", http_transport=httpx.MockTransport(handle))
    client._transport._sleep = platform.slept.append
    return client


def async_client(platform: Platform) -> AsyncClient:
    async def handle(request: httpx.Request) -> httpx.Response:
        return platform.take(request, await request.aread())

    async def sleep(seconds: float) -> None:
        platform.slept.append(seconds)

    client = AsyncClient("http://platform.test", "key", http_transport=httpx.MockTransport(handle))
    client._transport._sleep = sleep
    return client


@pytest.fixture(params=[sync_client, async_client], ids=["sync", "async"])
async def sdk(request: pytest.FixtureRequest, platform: Platform) -> AsyncIterator[Sdk]:
    opened = Sdk(request.param(platform))
    yield opened
    await opened.do(lambda client: client.close())
