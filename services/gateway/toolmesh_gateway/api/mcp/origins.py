"""Which web pages may speak MCP: those of this machine and those that settings name.

A page of somebody else could reach a gateway on the reader's own machine by having its name lead there (DNS
rebinding); its Origin still tells where it is from.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from toolmesh_gateway.api.http.exchange import Exchange
from toolmesh_gateway.api.http.problem import HttpProblem

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Origins:
    """The allowed origins; "*" allows all."""

    def __init__(self, origins: Sequence[str]) -> None:
        self._origins = frozenset(origins)

    def check(self, exchange: Exchange) -> None:
        """Raises HttpProblem, 403, for a page from elsewhere. A client that is no browser sends no Origin."""
        origin = exchange.headers.get(b"origin")
        if origin is None or self._is_allowed(origin.decode("latin-1")):
            return
        detail = (
            f"pages of {origin.decode('latin-1')[:200]!r} may not speak MCP here; name it in CORS_ORIGINS to allow it"
        )
        raise HttpProblem(403, "ORIGIN_REFUSED", detail)

    def _is_allowed(self, origin: str) -> bool:
        return origin in self._origins or "*" in self._origins or _is_loopback(origin)


def _is_loopback(origin: str) -> bool:
    try:
        parts = urlsplit(origin)
        return parts.scheme in ("http", "https") and parts.hostname in _LOOPBACK
    except ValueError:
        return False
