"""Fakes of what the gateway reaches out to, and a way to ask the application without a socket."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest

from toolmesh_core.call_context import current_call
from toolmesh_gateway.api.faces.table import FaceLimits, faces_of
from toolmesh_gateway.api.http.application import Application
from toolmesh_gateway.api.http.cross_origin import CrossOrigin
from toolmesh_gateway.api.mcp.assembly import McpLimits
from toolmesh_gateway.app.authenticate import Authenticate
from toolmesh_gateway.app.limit_rate import LimitRate
from toolmesh_gateway.domain.api_key import ApiKey, KeyLimits, KeyRing, digest_of
from toolmesh_gateway.domain.routes import ROUTES
from toolmesh_gateway.domain.scopes import ADMIN
from toolmesh_testing import FakeClock

KEY = "key-of-the-tests"
Answer = Callable[[Any], Any]


class FakeStream:
    """Responses from a list; an exception in it is raised in its place, a future is waited for."""

    def __init__(self, responses: Iterable[Any]) -> None:
        self._responses = iter(responses)
        self.cancelled = False

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        for response in self._responses:
            if isinstance(response, Exception):
                raise response
            return await response if isinstance(response, asyncio.Future) else response
        raise StopAsyncIteration

    def cancel(self) -> None:
        self.cancelled = True


@dataclass
class FakeUpstream:
    """Answers RPCs by functions of the request; notes what was asked and as whom."""

    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, Any]] = field(default_factory=list)
    users: list[str] = field(default_factory=list)

    def single(self, rpc: str) -> Any:
        async def call(request: Any, *, timeout: float | None = None) -> Any:
            parts = [part async for part in request] if hasattr(request, "__aiter__") else request
            answer = self._answer(rpc, parts)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call

    upload = single

    def stream(self, rpc: str) -> Any:
        return lambda request, *, timeout=None: FakeStream(self._answer(rpc, request))

    def _answer(self, rpc: str, request: Any) -> Any:
        self.asked.append((rpc, request))
        self.users.append(current_call().user)
        return self.answers[rpc.rpartition("/")[2]](request)


@dataclass
class Reply:
    """What the application answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass
class Asker:
    """Asks the application as an HTTP server would."""

    application: Application

    async def __call__(
        self,
        verb: str,
        path: str,
        body: bytes | list[bytes] | Mapping[str, Any] = b"",
        *,
        key: str = KEY,
        **headers: str,
    ) -> Reply:
        pieces = body if isinstance(body, list) else [body if isinstance(body, bytes) else orjson.dumps(body)]
        sent: list[dict[str, Any]] = []
        left = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
        left[-1]["more_body"] = False

        async def receive() -> dict[str, Any]:
            return left.pop(0) if left else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        path, _, query = path.partition("?")
        given = {"content-type": "application/json"} | {name.replace("_", "-"): text for name, text in headers.items()}
        if key:
            given["authorization"] = f"Bearer {key}"
        scope = {
            "type": "http",
            "method": verb,
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.encode(), text.encode()) for name, text in given.items()],
        }
        await self.application(scope, receive, send)
        names = {name.decode(): text.decode() for name, text in sent[0]["headers"]}
        return Reply(sent[0]["status"], names, b"".join(message.get("body", b"") for message in sent[1:]))


def api_key(name: str, key: str, *scopes: str, burst: int = 100, max_runs: int = 8) -> ApiKey:
    """A key with few limits."""
    return ApiKey(name, f"{name}-user", digest_of(key), frozenset(scopes), KeyLimits(10.0, burst, max_runs))


@pytest.fixture
def upstream() -> FakeUpstream:
    return FakeUpstream()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def neighbour_faults() -> dict[str, str]:
    return {"planner": "", "memory": ""}


@pytest.fixture
def ask(upstream: FakeUpstream, clock: FakeClock, neighbour_faults: dict[str, str]) -> Asker:
    async def check() -> dict[str, str]:
        return neighbour_faults

    keys = [
        api_key("main", KEY, ADMIN),
        api_key("reader", "key-of-a-reader", "tools:read"),
        api_key("narrow", "key-with-few-tokens", "tools:read", "runs", burst=2, max_runs=1),
    ]
    mcp = McpLimits(sessions_per_key=2, notification_pause_s=0.0, origins=["https://example.org"])
    limits = FaceLimits(body_bytes=1500, document_bytes=2000, artifact_bytes=3000, keepalive_s=15, mcp=mcp)
    faces = faces_of(upstream, check, lambda: application.is_draining, limits, clock)
    origins = CrossOrigin(["https://example.org"])
    application = Application(ROUTES, faces, Authenticate(KeyRing(keys)), LimitRate(clock), origins)
    return Asker(application)
