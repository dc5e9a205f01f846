"""How long a request may take: the route's own limit, or less where the client says so."""

from collections.abc import Mapping

from toolmesh_gateway.api.http.problem import HttpProblem
from toolmesh_gateway.api.transcoding.reading import FieldError

_HEADER = b"request-timeout"


def timeout_of(headers: Mapping[bytes, bytes], route_timeout_s: float | None) -> float | None:
    """Seconds a request may take; None for no limit.

    Raises:
        HttpProblem: 400 for a Request-Timeout that is not a number of seconds over 0.
    """
    asked = headers.get(_HEADER)
    if asked is None:
        return route_timeout_s
    try:
        seconds = float(asked)
    except ValueError:
        seconds = 0.0
    # Not above 0 is also what NaN is.
    if not seconds > 0:
        message = f"must be seconds over 0, got {asked.decode('latin-1')!r}"
        raise HttpProblem(
            400, "INVALID_INPUT", f"Request-Timeout {message}", errors=[FieldError("Request-Timeout", message)]
        )
    return seconds if route_timeout_s is None else min(seconds, route_timeout_s)
