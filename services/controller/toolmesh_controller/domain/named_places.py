"""A second place beside the first, "in Rome and in Oslo", asks a tool of one place again."""

import re
from collections.abc import Sequence

from toolmesh_controller.domain.tool_schema import Parameter
from toolmesh_controller.domain.words import split_identifier

_PLACE_WORDS = frozenset(("city", "place", "location", "country", "town", "region", "zone", "timezone"))
_NAMED = re.compile(
    r"(?:(?:in|of|for|at)\s+)?[A-Z][\w'’.-]*(?:\s+(?:de|del|la|of|[A-Z][\w'’.-]*)){0,3}[?.!]?"
    r"|[在]?[\u4e00-\u9fff]{2,6}[？。！]?"
)


def names_place(text: str) -> bool:
    """Whether a part of a request may be just the name of a place."""
    return _NAMED.fullmatch(text.strip()) is not None


def takes_one_place(parameters: Sequence[Parameter]) -> bool:
    """Whether a tool requires one text, and that is a place."""
    required = [item for item in parameters if item.required]
    return (
        len(required) == 1
        and required[0].kind == "string"
        and bool(_PLACE_WORDS & set(split_identifier(required[0].name).lower().split()))
    )
