"""What the gateway answers about itself: alive, ready, metrics."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from toolmesh_gateway.api.http.exchange import Exchange
from toolmesh_gateway.api.http.problem import HttpProblem

# What each neighbour says of itself; "" for one that is healthy.
CheckNeighbours = Callable[[], Awaitable[Mapping[str, str]]]


async def answer_healthz(exchange: Exchange) -> None:
    """Alive: it answers."""
    await exchange.respond_json({"status": "ok"})


async def answer_metrics(exchange: Exchange) -> None:
    """Prometheus' text format; made in a thread, since it walks all metrics."""
    text = await asyncio.to_thread(generate_latest)
    await exchange.respond(200, text, CONTENT_TYPE_LATEST.encode())


class ReadyzFace:
    """Ready: every neighbour is healthy and the gateway is not stopping."""

    def __init__(self, check: CheckNeighbours, is_draining: Callable[[], bool]) -> None:
        self._check = check
        self._is_draining = is_draining

    async def __call__(self, exchange: Exchange) -> None:
        """Answers 200, or 503 with the names of those that are not well."""
        if self._is_draining():
            raise HttpProblem(503, "DRAINING", "the gateway is stopping; ask another one")
        faults = await self._check()
        neighbours = {name: fault or "ok" for name, fault in faults.items()}
        unwell = [f"{name} ({fault})" for name, fault in faults.items() if fault]
        if unwell:
            detail = f"not healthy: {', '.join(unwell)}"
            raise HttpProblem(503, "NOT_READY", detail, extensions={"neighbours": neighbours})
        await exchange.respond_json({"status": "ready", "neighbours": neighbours})


class FixedFace:
    """A text that is made once, when first asked for."""

    def __init__(self, make: Callable[[], bytes], media_type: bytes, policy: bytes = b"default-src 'none'") -> None:
        self._make = make
        self._media_type = media_type
        self._policy = policy
        self._body: bytes | None = None

    async def __call__(self, exchange: Exchange) -> None:
        """Answers."""
        if self._body is None:
            self._body = await asyncio.to_thread(self._make)
        headers = [(b"content-security-policy", self._policy)]
        await exchange.respond(200, self._body, self._media_type, headers)
