"""The ASGI application: finds the route, knows the key, keeps the limits, and lets the route's face answer."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from opentelemetry.trace import SpanKind

from toolmesh_core.call_context import CallContext, enter_call
from toolmesh_core.errors import ResourceExhausted, ToolMeshError
from toolmesh_core.telemetry import current_trace_id, span
from toolmesh_gateway.api.http.cross_origin import CrossOrigin
from toolmesh_gateway.api.http.deadline import timeout_of
from toolmesh_gateway.api.http.exchange import Exchange, Receive, Send
from toolmesh_gateway.api.http.metrics import IN_FLIGHT, RATE_LIMITED, observe_request
from toolmesh_gateway.api.http.problem import HttpProblem, problem_of
from toolmesh_gateway.app.authenticate import Authenticate
from toolmesh_gateway.app.limit_rate import LimitRate
from toolmesh_gateway.domain.api_key import ApiKey
from toolmesh_gateway.domain.methods import METHOD_OF
from toolmesh_gateway.domain.route_index import NoMatch, RouteIndex
from toolmesh_gateway.domain.routes import Route
from toolmesh_gateway.domain.scopes import OPEN
from toolmesh_gateway.domain.token_bucket import TokenBucket

logger = logging.getLogger(__name__)
Face = Callable[[Exchange], Awaitable[None]]
# Stands in for a route where none was found, so that all answers go out the same way.
_NOWHERE = Route("ANY", "(none)", "", OPEN)
# A call that takes longer than this watches whether its client is still there; most never do.
_WATCH_AFTER_S = 0.5


class Application:
    """Answers HTTP requests.

    Args:
        faces: what answers each route, by its place in `routes`.
        log_requests: write a line for each request; without its query, which may hold a prompt.
    """

    def __init__(
        self,
        routes: Sequence[Route],
        faces: Sequence[Face],
        authenticate: Authenticate,
        limit_rate: LimitRate,
        cross_origin: CrossOrigin,
        *,
        log_requests: bool = False,
    ) -> None:
        self._entries = [(route, face, f"{route.verb} {route.path}") for route, face in zip(routes, faces, strict=True)]
        self._index = RouteIndex(routes)
        self._authenticate = authenticate
        self._limit_rate = limit_rate
        self._cross_origin = cross_origin
        self._log_requests = log_requests
        self.is_draining = False
        self._running: dict[asyncio.Task[Any], Exchange] = {}

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Serves one ASGI scope; only HTTP is spoken."""
        if scope["type"] != "http":
            return
        found = self._index.find(scope["method"], scope["path"])
        if isinstance(found, NoMatch):
            await self._answer_no_route(Exchange(scope, receive, send, _NOWHERE), found)
            return
        route, face, name = self._entries[found.position]
        exchange = Exchange(scope, receive, send, route)
        exchange.parameters = found.parameters
        started = time.perf_counter()
        IN_FLIGHT.inc()
        try:
            parent = exchange.headers.get(b"traceparent")
            with span(name, kind=SpanKind.SERVER, parent=parent.decode("latin-1") if parent else None) as current:
                await self._answer(exchange, face)
                current.set_attribute("http.response.status_code", exchange.status)
                if self._log_requests:
                    self._log(exchange, time.perf_counter() - started)
        finally:
            IN_FLIGHT.dec()
            observe_request(route.verb, route.path, exchange.status or 499, time.perf_counter() - started)

    def _log(self, exchange: Exchange, seconds: float) -> None:
        facts = {"verb": exchange.route.verb, "route": exchange.route.path, "status": exchange.status}
        key = exchange.key.name if exchange.key else ""
        logger.info("request", extra=facts | {"duration_s": round(seconds, 6), "key": key})

    def drain(self) -> None:
        """From now on /readyz says no; streams that a client can take up again elsewhere end."""
        self.is_draining = True
        for task, exchange in list(self._running.items()):
            if exchange.stops_on_drain:
                task.cancel()

    async def _answer(self, exchange: Exchange, face: Face) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("an ASGI application runs in a task")
        self._running[task] = exchange
        watch = asyncio.get_running_loop().call_later(_WATCH_AFTER_S, self._watch_client, exchange, task)
        try:
            self._cross_origin.allow(exchange)
            if exchange.route.scope != OPEN:
                self._admit(exchange)
            await face(exchange)
        except HttpProblem as problem:
            await self._refuse(exchange, problem)
        except ToolMeshError as error:
            await self._refuse(exchange, problem_of(error, _neighbour_of(exchange.route)))
        except asyncio.CancelledError:
            if not exchange.client_is_gone and not (self.is_draining and exchange.stops_on_drain):
                raise
            # Ours, not the loop's: the client left, or a stream was told to end.
            task.uncancel()
        except Exception:
            logger.exception("defect in %s %s", exchange.route.verb, exchange.route.path)
            await self._refuse(exchange, _defect())
        finally:
            watch.cancel()
            del self._running[task]

    def _admit(self, exchange: Exchange) -> None:
        route = exchange.route
        key = self._authenticate(exchange.header(b"authorization"), route.scope)
        exchange.key = key
        try:
            bucket = self._limit_rate(key)
        except ResourceExhausted:
            RATE_LIMITED.inc()
            exchange.extra_headers += _rate_headers(key, self._limit_rate.bucket_of(key))
            raise
        exchange.extra_headers += _rate_headers(key, bucket)
        timeout_s = timeout_of(exchange.headers, route.timeout_s)
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        enter_call(CallContext(user=key.user, deadline=deadline, key=key.name))

    def _watch_client(self, exchange: Exchange, task: "asyncio.Task[Any]") -> None:
        loop = asyncio.get_running_loop()
        if exchange.route.has_body and not exchange.body_is_read:
            loop.call_later(_WATCH_AFTER_S, self._watch_again, exchange, task)
            return

        async def watch() -> None:
            await exchange.until_client_is_gone()
            task.cancel()

        watching = loop.create_task(watch())
        task.add_done_callback(lambda _: watching.cancel())

    def _watch_again(self, exchange: Exchange, task: "asyncio.Task[Any]") -> None:
        if not task.done():
            self._watch_client(exchange, task)

    async def _refuse(self, exchange: Exchange, problem: HttpProblem) -> None:
        if exchange.status:
            # The answer has begun: what was sent stays without an end, which a client sees as cut off.
            raise RuntimeError(f"{exchange.route.path} failed after its answer had begun: {problem.detail}")
        await exchange.respond_problem(problem)

    async def _answer_no_route(self, exchange: Exchange, found: NoMatch) -> None:
        verb, path = exchange.scope["method"], exchange.scope["path"]
        if verb == "OPTIONS" and found.allowed and await self._cross_origin.answer_preflight(exchange, found.allowed):
            observe_request("OPTIONS", _NOWHERE.path, exchange.status, 0.0)
            return
        if found.allowed:
            allow = ", ".join(found.allowed)
            detail = f"{path} does not take {verb}; use {allow}"
            problem = HttpProblem(405, "METHOD_NOT_ALLOWED", detail, headers=[(b"allow", allow.encode())])
        else:
            problem = HttpProblem(404, "NO_SUCH_ROUTE", f"there is no {path}; /openapi.json lists what there is")
        await exchange.respond_problem(problem)
        observe_request(_NOWHERE.verb, _NOWHERE.path, exchange.status, 0.0)


def _neighbour_of(route: Route) -> str:
    method = METHOD_OF.get(route.rpc)
    return method.neighbour.replace("_", " ") if method else ""


def _rate_headers(key: ApiKey, bucket: TokenBucket) -> list[tuple[bytes, bytes]]:
    """RateLimit and RateLimit-Policy as in draft-ietf-httpapi-ratelimit-headers."""
    limits = key.limits
    window_s = max(1, round(limits.burst / limits.rate_per_s))
    return [
        (b"ratelimit-policy", b'"key";q=%d;w=%d' % (limits.burst, window_s)),
        (b"ratelimit", b'"key";r=%d;t=%d' % (bucket.tokens, bucket.full_in_s() + 1)),
    ]


def _defect() -> HttpProblem:
    detail = f"the gateway failed; look in its log for trace {current_trace_id()}"
    return HttpProblem(500, "INTERNAL", detail)
