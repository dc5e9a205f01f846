"""Holds a Vega-Lite spec to what may be drawn: its own data, no address and no file at any depth, no vast picture."""

import json
from collections.abc import Iterator
from typing import Any

from toolmesh_core.errors import ToolError

MAX_SPEC_CHARS = 500_000
MAX_SIDE = 2000
MAX_DEPTH = 60
# "url" of data, marks, encodings and lookups; "href" makes links; the loader's options could name a base.
_ADDRESSES = frozenset({"url", "href", "baseurl", "loader", "usermeta"})


def check_spec(spec: dict[str, Any]) -> None:
    """Refuses what reaches outside or is too large.

    Raises:
        ToolError: NO_ADDRESSES, TOO_LARGE, BAD_SPEC.
    """
    length = len(json.dumps(spec))
    if length > MAX_SPEC_CHARS:
        raise ToolError(f"the spec has {length} characters, over {MAX_SPEC_CHARS}: give fewer rows", reason="TOO_LARGE")
    for path, key, value in _members(spec, "", 0):
        _check_member(path, key, value)


def _check_member(path: str, key: str, value: Any) -> None:
    if key in _ADDRESSES:
        raise ToolError(
            f'"{path}": nothing is loaded from addresses or files; put the rows into "data": {{"values": [...]}}',
            reason="NO_ADDRESSES",
        )
    if value == "image" and key in ("mark", "type"):
        raise ToolError(f'"{path}": pictures cannot be shown within a chart', reason="NO_ADDRESSES")
    too_large = isinstance(value, int | float) and not isinstance(value, bool) and value > MAX_SIDE
    if key in ("width", "height", "step") and too_large:
        raise ToolError(f'"{path}" is {value:g}: at most {MAX_SIDE} pixels', reason="TOO_LARGE")


def _members(value: Any, path: str, depth: int) -> Iterator[tuple[str, str, Any]]:
    """Each member of each object that is not a row of data: its path, its name in lower case, its value."""
    if depth > MAX_DEPTH:
        raise ToolError(f"the spec is nested over {MAX_DEPTH} deep", reason="BAD_SPEC")
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _members(item, f"{path}[{number}]", depth + 1)
    elif isinstance(value, dict):
        for name, item in value.items():
            where = f"{path}.{name}" if path else name
            yield where, name.lower(), item
            if not _is_rows(name, item):
                yield from _members(item, where, depth + 1)


def _is_rows(name: str, value: Any) -> bool:
    """Rows of data may have columns of any name: nothing is loaded by them unless a url channel or mark says so."""
    return name in ("values", "datasets") and not isinstance(value, str)
