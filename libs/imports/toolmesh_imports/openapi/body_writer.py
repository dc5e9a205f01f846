"""Writes the body of a request: JSON, a form, multipart, text or bytes."""

import binascii
import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from toolmesh_core.errors import ToolError
from toolmesh_imports.openapi.operation import Body, FieldEncoding
from toolmesh_imports.openapi.styles import pairs, percent, percent_but_reserved, plain

_Part = tuple[str, tuple[str | None, bytes, str | None]]


def write_body(body: Body, arguments: Mapping[str, Any]) -> tuple[bytes, str] | None:
    """The body and its content type; None where there is none to send.

    Raises:
        ToolError: BAD_ARGUMENTS, a value cannot be written so.
    """
    value = _value(body, arguments)
    if value is None:
        return None
    if body.kind == "json":
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), body.media_type
    if body.kind == "text":
        return plain(value).encode(), f"{body.media_type.split(';')[0]}; charset=utf-8"
    if body.kind == "binary":
        return _bytes(body.whole, value), body.media_type
    if not isinstance(value, dict):
        raise ToolError(f"argument {body.whole!r} must be an object, since it is a form", reason="BAD_ARGUMENTS")
    return _form(body, value) if body.kind == "form" else _multipart(body, value)


def _value(body: Body, arguments: Mapping[str, Any]) -> Any:
    if body.whole:
        return arguments.get(body.whole)
    value = {name: arguments[argument] for argument, name in body.properties.items() if argument in arguments}
    return value if value or body.required else None


def _form(body: Body, value: Mapping[str, Any]) -> tuple[bytes, str]:
    written = [pair for name, item in value.items() for pair in _form_field(name, item, _encoding(body, name))]
    return "&".join(f"{key}={text}" for key, text in written).encode("ascii"), "application/x-www-form-urlencoded"


def _form_field(name: str, value: Any, encoding: FieldEncoding) -> Iterator[tuple[str, str]]:
    encode = percent_but_reserved if encoding.allow_reserved else percent
    if encoding.style is None and isinstance(value, dict):
        value = plain(value)
    return pairs(name, value, encoding.style or "form", encoding.explode, encode)


def _multipart(body: Body, value: Mapping[str, Any]) -> tuple[bytes, str]:
    parts = [part for name, item in value.items() for part in _parts(name, item, _encoding(body, name))]
    # httpx writes a form with files as multipart; no address of this request is used.
    written = httpx.Request("POST", "http://body.invalid/", files=parts or [("", (None, b"", None))])
    return written.read(), written.headers["Content-Type"]


def _parts(name: str, value: Any, encoding: FieldEncoding) -> Iterator[_Part]:
    for item in value if isinstance(value, list) else [value]:
        if encoding.is_binary:
            yield name, (name, _bytes(name, item), encoding.content_type or "application/octet-stream")
        else:
            is_nested = isinstance(item, dict | list)
            content_type = encoding.content_type or ("application/json" if is_nested else None)
            yield name, (None, plain(item).encode(), content_type)


def _encoding(body: Body, name: str) -> FieldEncoding:
    return body.fields.get(name) or FieldEncoding()


def _bytes(name: str, value: Any) -> bytes:
    try:
        return b64decode(plain(value), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ToolError(
            f"argument {name!r} must be the file's bytes in base64: {error}", reason="BAD_ARGUMENTS"
        ) from error
