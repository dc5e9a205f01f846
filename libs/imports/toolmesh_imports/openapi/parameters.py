"""Reads the parameters of an operation: those of its path and its own, which win."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast, get_args

from toolmesh_imports.openapi.bodies import is_json
from toolmesh_imports.openapi.node import Node
from toolmesh_imports.openapi.operation import Place, Style
from toolmesh_imports.openapi.schemas import Schema, SchemaConverter, add_examples, example_values, say_as_typed
from toolmesh_imports.openapi.texts import MAX_FIELD_CHARS, one_line

_STYLES: dict[Place, tuple[Style, ...]] = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form",),
}
"""The first is the default (OpenAPI 3.1.1, section 4.8.12)."""
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OURS = frozenset({"accept", "content-type", "authorization", "host", "cookie", "te", "trailer", "upgrade", "expect"})
_OURS_BY_BEGINNING = ("connection", "content-length", "content-encoding", "keep-alive", "proxy-", "transfer-encoding")
"""No arguments: Accept, Content-Type and Authorization by OpenAPI's own rule; the rest steer the connection."""


@dataclass(frozen=True, slots=True)
class DeclaredParameter:
    """A parameter as the document declares it."""

    node: Node
    name: str
    place: Place
    required: bool
    style: Style
    explode: bool
    allow_reserved: bool
    as_json: bool
    schema: Node | None

    def converted(self, converter: SchemaConverter, used: set[str]) -> Schema:
        """The schema of its argument."""
        inside = converter.convert(self.schema, used) if self.schema else {}
        schema: Schema = dict(inside) if isinstance(inside, dict) else ({} if inside else {"not": {}})
        if description := one_line(self.node.text("description"), MAX_FIELD_CHARS):
            schema["description"] = description
        if self.node.flag("deprecated"):
            schema["deprecated"] = True
        add_examples(schema, _examples(self.node))
        say_as_typed(schema)
        return schema


def read_parameters(path_item: Node, operation: Node) -> list[DeclaredParameter]:
    """All parameters, in the order path, query, header, cookie.

    Raises:
        InvalidInput: one is none, with its place.
    """
    found: dict[tuple[str, str], DeclaredParameter] = {}
    for owner in (path_item, operation):
        own = _read_all(owner)
        keys = [(parameter.place, parameter.name) for parameter in own]
        for index, key in enumerate(keys):
            if key in keys[:index]:
                raise own[index].node.wrong(f"the {key[0]} parameter {key[1]!r} is declared twice")
        found.update(zip(keys, own, strict=True))
    places = get_args(Place)
    return sorted(found.values(), key=lambda parameter: places.index(parameter.place))


def check_path(path: str, operation: Node, parameters: Iterable[DeclaredParameter]) -> None:
    """Each name in braces is a parameter, and each path parameter is a name in braces.

    Raises:
        InvalidInput: not so.
    """
    named = set(re.findall(r"\{([^{}]*)\}", path))
    declared = {parameter.name for parameter in parameters if parameter.place == "path"}
    for name in sorted(named - declared):
        raise operation.wrong(f"the path has {{{name}}}, which no path parameter declares")
    for name in sorted(declared - named):
        raise operation.wrong(f"the path parameter {name!r} is not in the path {path!r}")


def _read_all(owner: Node) -> list[DeclaredParameter]:
    listed = owner.get("parameters")
    read = [] if listed is None else [_read(element.followed()) for element in listed.elements()]
    return [item for item in read if not (item.place == "header" and _is_ours(item.name.lower()))]


def _is_ours(header: str) -> bool:
    return header in _OURS or header.startswith(_OURS_BY_BEGINNING)


def _read(node: Node) -> DeclaredParameter:
    name, place = node.text("name"), cast(Place, node.text("in"))
    if place not in _STYLES:
        raise node.at("in").wrong(f"must be one of {', '.join(_STYLES)}, got {place!r}")
    if not name or (place in ("header", "cookie") and not _HEADER_NAME.fullmatch(name)):
        raise node.at("name").wrong(f"must be the name of a {place} parameter, got {name!r}")
    style = cast(Style, node.text("style", _STYLES[place][0]))
    if style not in _STYLES[place]:
        raise node.at("style").wrong(f"must be one of {', '.join(_STYLES[place])} in {place}, got {style!r}")
    schema, as_json = _schema_of(node)
    return DeclaredParameter(
        node=node,
        name=name,
        place=place,
        required=place == "path" or node.flag("required"),
        style=style,
        explode=node.flag("explode", style in ("form", "deepObject")),
        allow_reserved=node.flag("allowReserved"),
        as_json=as_json,
        schema=schema,
    )


def _schema_of(node: Node) -> tuple[Node | None, bool]:
    if (content := node.get("content")) is None:
        return node.get("schema"), False
    for media_type, inside in content.items():
        return inside.get("schema"), is_json(media_type)
    raise content.wrong("names no media type")


def _examples(node: Node) -> list[Any]:
    values: list[Any] = []
    for key in ("example", "examples"):
        if (found := node.get(key)) is not None:
            values += example_values(found, is_one=key == "example")
    return values
