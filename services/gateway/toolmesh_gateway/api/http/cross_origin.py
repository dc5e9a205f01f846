"""Which web pages may call (CORS): none, unless settings name their origins."""

from collections.abc import Sequence

from toolmesh_gateway.api.http.exchange import Exchange

_EXPOSED = b"ratelimit, ratelimit-policy, retry-after, x-toolmesh-run, mcp-session-id, www-authenticate"
_MAX_AGE_S = b"600"


class CrossOrigin:
    """The allowed origins; "*" allows all."""

    def __init__(self, origins: Sequence[str]) -> None:
        self._origins = frozenset(origin.encode() for origin in origins)

    def allow(self, exchange: Exchange) -> None:
        """Tells the browser that the page may read the answer."""
        if self._origins and self._is_allowed(exchange):
            exchange.extra_headers += [
                (b"access-control-allow-origin", exchange.headers[b"origin"]),
                (b"access-control-expose-headers", _EXPOSED),
                (b"vary", b"origin"),
            ]

    async def answer_preflight(self, exchange: Exchange, allowed_verbs: Sequence[str]) -> bool:
        """Answers a browser's question before the call; False where it is none, or none of ours."""
        if b"access-control-request-method" not in exchange.headers or not self._is_allowed(exchange):
            return False
        self.allow(exchange)
        asked_headers = exchange.headers.get(b"access-control-request-headers", b"")
        headers = [
            (b"access-control-allow-methods", ", ".join(allowed_verbs).encode()),
            (b"access-control-allow-headers", asked_headers),
            (b"access-control-max-age", _MAX_AGE_S),
        ]
        await exchange.respond(200, b"", b"text/plain", headers)
        return True

    def _is_allowed(self, exchange: Exchange) -> bool:
        origin = exchange.headers.get(b"origin")
        return origin is not None and (origin in self._origins or b"*" in self._origins)
