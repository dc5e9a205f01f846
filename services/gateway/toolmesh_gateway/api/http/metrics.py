"""What the gateway counts. Labels come from the table of routes and methods, never from a request."""

from typing import Any

from toolmesh_core.telemetry import counter, gauge, histogram

_DURATION = histogram(
    "toolmesh_gateway_request_duration_seconds",
    "Time to answer an HTTP request, by verb, route and status.",
    ("verb", "route", "status"),
)
IN_FLIGHT = gauge("toolmesh_gateway_requests_in_flight_count", "HTTP requests being answered.")
RATE_LIMITED = counter("toolmesh_gateway_rate_limited", "HTTP requests and RPCs refused by a key's rate.")
RPC_DURATION = histogram(
    "toolmesh_gateway_rpc_duration_seconds", "Time of an RPC passed through, by RPC and gRPC status.", ("rpc", "code")
)
_children: dict[tuple[str, str, int], Any] = {}


def observe_request(verb: str, route: str, status: int, seconds: float) -> None:
    """Counts one answered request."""
    child = _children.get((verb, route, status))
    if child is None:
        child = _children[verb, route, status] = _DURATION.labels(verb, route, str(status))
    child.observe(seconds)
