"""Writes values as OpenAPI's styles say (OpenAPI 3.1.1, section 4.8.12.3; RFC 6570).

Left open there and decided here: what is nested in a list or an object is JSON text, but in `deepObject` one more pair
of brackets; an empty list or object is left out of a query.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from toolmesh_imports.openapi.operation import Style

Encode = Callable[[str], str]
_DELIMITERS = {"form": ",", "spaceDelimited": "%20", "pipeDelimited": "%7C"}
_RESERVED_AND_HARMLESS = "/?:@!$'()*,;"
"""Reserved signs that `allowReserved` may leave as they are; "&", "=", "+" and "#" would end the value."""


def percent(text: str) -> str:
    """All but unreserved signs in percent encoding."""
    return quote(text, safe="-._~")


def percent_but_reserved(text: str) -> str:
    """As `percent`, for `allowReserved`."""
    return quote(text, safe="-._~" + _RESERVED_AND_HARMLESS)


def unchanged(text: str) -> str:
    """For headers, which have no encoding."""
    return text


def plain(value: Any) -> str:
    """One value as text: text as it is, the rest as JSON writes it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def joined(name: str, value: Any, style: Style, explode: bool, encode: Encode) -> str:
    """The text of a path or header parameter: simple, label or matrix."""
    if style == "matrix":
        return _matrix(name, value, explode, encode)
    parts = _parts(value, explode, encode)
    if style == "label":
        return "." + ("." if explode else ",").join(parts)
    return ",".join(parts)


def pairs(name: str, value: Any, style: Style, explode: bool, encode: Encode) -> Iterator[tuple[str, str]]:
    """Encoded names and values of a query, form or cookie parameter."""
    key = encode_name(name)
    if style == "deepObject" and isinstance(value, dict):
        yield from _deep(key, value, encode)
    elif isinstance(value, dict) and explode:
        yield from ((encode_name(inner), encode(plain(item))) for inner, item in value.items())
    elif isinstance(value, list) and (explode or style == "deepObject"):
        yield from ((key, encode(plain(item))) for item in value)
    elif isinstance(value, dict | list):
        if value:
            yield key, _DELIMITERS.get(style, ",").join(_parts(value, False, encode))
    else:
        yield key, encode(plain(value))


def encode_name(name: str) -> str:
    """A name in a query: never with a sign that could end it."""
    return percent(name)


def _parts(value: Any, explode: bool, encode: Encode) -> list[str]:
    if isinstance(value, list):
        return [encode(plain(item)) for item in value]
    if isinstance(value, dict):
        if explode:
            return [f"{encode(key)}={encode(plain(item))}" for key, item in value.items()]
        return [encode(text) for key, item in value.items() for text in (key, plain(item))]
    return [encode(plain(value))]


def _matrix(name: str, value: Any, explode: bool, encode: Encode) -> str:
    if explode and isinstance(value, list):
        return "".join(f";{name}={encode(plain(item))}" for item in value)
    if explode and isinstance(value, dict):
        return "".join(f";{part}" for part in _parts(value, True, encode))
    return f";{name}={','.join(_parts(value, False, encode))}"


def _deep(key: str, value: Any, encode: Encode) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for inner, item in value.items():
            yield from _deep(f"{key}%5B{percent(inner)}%5D", item, encode)
    elif isinstance(value, list):
        yield from ((key, encode(plain(item))) for item in value)
    else:
        yield key, encode(plain(value))
