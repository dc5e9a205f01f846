"""Reads an OpenAPI document, from JSON or YAML, within bounds that a hostile one cannot break."""

from pathlib import Path
from typing import Any

import orjson

from toolmesh_core.errors import InvalidInput
from toolmesh_imports.openapi.node import Document, Node
from toolmesh_imports.openapi.yaml_text import parse_yaml

MAX_DOCUMENT_BYTES = 32_000_000
_MAX_VALUES = 3_000_000
_MAX_DEPTH = 100
_SCALARS = (str, int, float, bool, type(None))


def read_document(source: Path | str) -> Node:
    """The root of a document of OpenAPI 3.0 or 3.1.

    Args:
        source: a file, or the text itself.

    Raises:
        InvalidInput: BAD_OPENAPI, the file cannot be read, or is none, with the place in it.
    """
    value = _parse(_text_of(source))
    _check_bounds(value)
    root = Document(value).root
    version = root.text("openapi")
    if version.startswith(("3.0.", "3.1.")) or version in ("3.0", "3.1"):
        return root
    if "swagger" in root.mapping():
        raise root.at("swagger").wrong("Swagger 2.0 is not read: convert the document to OpenAPI 3.0 first")
    raise root.at("openapi").wrong(f"must be 3.0 or 3.1, got {version!r}")


def _text_of(source: Path | str) -> str:
    try:
        size = len(source) if isinstance(source, str) else source.stat().st_size
        if size > MAX_DOCUMENT_BYTES:
            raise _bad(f"the document has over {MAX_DOCUMENT_BYTES} bytes: leave out what is not needed")
        if isinstance(source, str):
            return source.removeprefix("\ufeff")
        return source.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _bad(f"{source} cannot be read: {error}") from error


def _parse(text: str) -> Any:
    if text.lstrip()[:1] == "{":
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError as error:
            json_error = f"the document is no JSON: line {error.lineno}, column {error.colno}: {error.msg}"
            raise _bad(json_error) from error
    try:
        return parse_yaml(text)
    except ValueError as error:
        raise _bad(f"the document is no YAML: {error}") from error


def _check_bounds(root: Any) -> None:
    """No value nested too deep, and not too many of them, where an alias counts as often as it is used."""
    count, level, depth = 0, [root], 0
    while level:
        count += len(level)
        if count > _MAX_VALUES or depth > _MAX_DEPTH:
            raise _bad(f"the document is nested over {_MAX_DEPTH} levels or has over {_MAX_VALUES} values")
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                below.extend(value.values())
            elif isinstance(value, list):
                below.extend(value)
            elif not isinstance(value, _SCALARS):
                raise _bad(f"the document holds a {type(value).__name__}, which JSON does not have: {value!r:.80}")
            if count + len(below) > _MAX_VALUES:
                break
        level, depth = below, depth + 1


def _bad(message: str) -> InvalidInput:
    return InvalidInput(message, field="document", reason="BAD_OPENAPI")
