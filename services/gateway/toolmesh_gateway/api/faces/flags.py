"""Query parameters that are yes or no."""

from toolmesh_gateway.api.http.exchange import Exchange
from toolmesh_gateway.api.http.problem import invalid_fields
from toolmesh_gateway.api.transcoding.reading import FieldError

_VALUES = {"true": True, "1": True, "false": False, "0": False}


def flag_of(exchange: Exchange, name: str) -> bool:
    """The value of `?name=true`; False where it is missing. Raises HttpProblem for anything else."""
    if not exchange.scope["query_string"]:
        return False
    texts = exchange.query().get(name)
    if texts is None:
        return False
    value = _VALUES.get(texts[0]) if len(texts) == 1 else None
    if value is None:
        raise invalid_fields([FieldError(name, f"must be true or false, got {', '.join(texts)!r}")])
    return value
