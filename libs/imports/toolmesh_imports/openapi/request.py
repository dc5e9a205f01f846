"""Makes the request of a call out of its arguments; no secrets, no sockets."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from toolmesh_core.errors import ToolError
from toolmesh_imports.openapi import styles
from toolmesh_imports.openapi.body_writer import write_body
from toolmesh_imports.openapi.operation import Operation, Parameter

_IN_BRACES = re.compile(r"\{([^{}]*)\}")
_NOT_IN_HEADERS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(slots=True)
class PreparedRequest:
    """A request as it will be sent.

    Attributes:
        query: encoded names and values.
        headers, cookies: by name.
        body: None where none is sent.
    """

    method: str
    address: str
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    cookies: list[tuple[str, str]] = field(default_factory=list)
    body: bytes | None = None

    @property
    def url(self) -> str:
        """The address with the query."""
        query = "&".join(f"{name}={value}" for name, value in self.query)
        return f"{self.address}?{query}" if query else self.address


def prepare(operation: Operation, arguments: Mapping[str, Any]) -> PreparedRequest:
    """The request of a call.

    Args:
        arguments: valid ones; null stands for leaving one out, where it is not a part of the body.

    Raises:
        ToolError: BAD_ARGUMENTS, a value cannot be sent in its place.
    """
    request = PreparedRequest(operation.method, "")
    in_path: dict[str, str] = {}
    for parameter in operation.parameters:
        value = arguments.get(parameter.argument)
        if value is not None:
            _write(parameter, value, request, in_path)
    request.address = operation.server + _path(operation, in_path)
    if operation.body is not None and (written := write_body(operation.body, arguments)) is not None:
        request.body, request.headers["Content-Type"] = written
    return request


def _write(parameter: Parameter, value: Any, request: PreparedRequest, in_path: dict[str, str]) -> None:
    name, style, explode = parameter.name, parameter.style, parameter.explode
    if parameter.as_json:
        value = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    match parameter.place:
        case "path":
            in_path[name] = styles.joined(name, value, style, explode, styles.percent)
        case "query":
            encode = styles.percent_but_reserved if parameter.allow_reserved else styles.percent
            request.query += styles.pairs(name, value, style, explode, encode)
        case "header":
            request.headers[name] = checked_header(
                styles.joined(name, value, style, explode, styles.unchanged), f"argument {parameter.argument!r}"
            )
        case "cookie":
            request.cookies += styles.pairs(name, value, style, explode, styles.percent)


def checked_header(value: str, noun: str) -> str:
    """A header's value, which must stay one header.

    Raises:
        ToolError: BAD_ARGUMENTS; the value is not in the message.
    """
    if _NOT_IN_HEADERS.search(value):
        raise ToolError(f"{noun} must not hold line breaks or control characters", reason="BAD_ARGUMENTS")
    return value


def _path(operation: Operation, values: Mapping[str, str]) -> str:
    """The path, in which no value may be empty, or lead to another operation as ".." does."""
    path = _IN_BRACES.sub(lambda found: values.get(found[1], ""), operation.path)
    for template, segment in zip(operation.path.split("/"), path.split("/"), strict=True):
        if template != segment and unquote(segment) in ("", ".", ".."):
            names = ", ".join(repr(name) for name in _IN_BRACES.findall(template))
            raise ToolError(
                f"argument {names} would make the path {path!r}: it must be neither empty nor '.' nor '..'",
                reason="BAD_ARGUMENTS",
            )
    return path
