"""Reads an operation's body: its media type, and whether its properties can be arguments of their own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from toolmesh_imports.openapi.node import Node
from toolmesh_imports.openapi.operation import BodyKind, FieldEncoding, Style
from toolmesh_imports.openapi.schemas import SchemaConverter, properties_of

_FORM_STYLES = ("form", "spaceDelimited", "pipeDelimited", "deepObject")
_KINDS: tuple[BodyKind, ...] = ("json", "form", "multipart", "text", "binary")
"""The best first."""
_NOTES = frozenset({"title", "description", "example", "examples", "deprecated", "xml", "externalDocs"})
_OF_PLAIN_OBJECTS = _NOTES | {"type", "properties", "required", "allOf", "additionalProperties", "discriminator"}


@dataclass(frozen=True, slots=True)
class DeclaredBody:
    """A body as the document declares it.

    Attributes:
        properties: those that become arguments; None where the whole body is one argument.
    """

    node: Node
    media_type: str
    kind: BodyKind
    required: bool
    schema: Node | None
    properties: Mapping[str, Node] | None
    required_properties: frozenset[str]
    fields: Mapping[str, FieldEncoding]


def is_json(media_type: str) -> bool:
    """Whether a media type is JSON's, or built on it."""
    bare = media_type.split(";")[0].strip().lower()
    return bare == "application/json" or bare.endswith("+json")


def kind_of(media_type: str) -> BodyKind:
    """How bodies of a media type are written."""
    bare = media_type.split(";")[0].strip().lower()
    if is_json(bare):
        return "json"
    if bare == "application/x-www-form-urlencoded":
        return "form"
    if bare == "multipart/form-data":
        return "multipart"
    is_text = bare.startswith("text/") or bare in ("application/xml", "application/yaml") or bare.endswith("+xml")
    return "text" if is_text else "binary"


def read_body(operation: Node, converter: SchemaConverter) -> DeclaredBody | None:
    """The body of the media type that suits best: JSON, a form, multipart, text, bytes.

    Raises:
        InvalidInput: it is none, with its place.
    """
    if (declared := operation.get("requestBody")) is None:
        return None
    node = declared.followed()
    content = node.get("content")
    if content is None or not content.mapping():
        raise node.wrong("has no content: name a media type")
    media_type, media = min(content.items(), key=lambda item: _KINDS.index(kind_of(item[0])))
    kind, schema, required = kind_of(media_type), media.get("schema"), node.flag("required")
    joined = _Properties(converter)
    spread = schema is not None and kind in ("json", "form", "multipart") and joined.join(schema)
    spread = spread and joined.can_be_arguments(required)
    return DeclaredBody(
        node=node,
        media_type=media_type if "*" not in media_type else "application/octet-stream",
        kind=kind,
        required=required,
        schema=schema,
        properties=joined.properties if spread else None,
        required_properties=frozenset(joined.required if spread else ()),
        fields=_fields(media, joined.properties) if kind in ("form", "multipart") else {},
    )


class _Properties:
    """Joins the properties of an object, and of those in its `allOf`, where it is nothing more than that."""

    def __init__(self, converter: SchemaConverter) -> None:
        self._converter = converter
        self._seen: set[str] = set()
        self.properties: dict[str, Node] = {}
        self.required: set[str] = set()

    def can_be_arguments(self, body_is_required: bool) -> bool:
        """A body that may be left out as a whole, but not in part, is one argument."""
        known = self.required <= self.properties.keys()
        return bool(self.properties) and known and (body_is_required or not self.required)

    def join(self, schema: Node) -> bool:
        """False where more is said than which properties there are, so that the schema must stay whole."""
        node = schema.followed()
        if not isinstance(node.value, dict) or node.pointer in self._seen or not _is_plain_object(node):
            return False
        self._seen.add(node.pointer)
        for name, inside in properties_of(node):
            if name in self.properties:
                return False
            if not self._converter.is_hidden(inside):
                self.properties[name] = inside
        if (required := node.get("required")) is not None and not isinstance(required.value, bool):
            hidden = {name for name, inside in properties_of(node) if self._converter.is_hidden(inside)}
            self.required |= set(required.texts()) - hidden
        parts = node.get("allOf")
        return all(self.join(part) for part in parts.elements()) if parts else True


def _is_plain_object(node: Node) -> bool:
    more = node.mapping().get("additionalProperties", True)
    return (
        node.mapping().get("type", "object") in ("object", ["object"])
        and (more == {} or isinstance(more, bool | str))
        and all(key in _OF_PLAIN_OBJECTS or key.startswith("x-") for key in node.mapping())
    )


def _fields(media: Node, properties: Mapping[str, Node]) -> dict[str, FieldEncoding]:
    encodings = media.get("encoding")
    declared = dict(encodings.items()) if encodings else {}
    names = sorted(properties.keys() | declared.keys())
    return {name: _field(declared.get(name), properties.get(name)) for name in names}


def _field(encoding: Node | None, schema: Node | None) -> FieldEncoding:
    binary = schema is not None and is_binary(schema)
    if encoding is None:
        return FieldEncoding(is_binary=binary)
    if (style := encoding.text("style")) and style not in _FORM_STYLES:
        raise encoding.at("style").wrong(f"must be one of {', '.join(_FORM_STYLES)}, got {style!r}")
    is_styled = any(encoding.get(key) is not None for key in ("style", "explode", "allowReserved"))
    return FieldEncoding(
        style=cast(Style, style or "form") if is_styled else None,
        explode=encoding.flag("explode", style in ("", "form", "deepObject")),
        allow_reserved=encoding.flag("allowReserved"),
        content_type=encoding.text("contentType").split(",")[0].strip(),
        is_binary=binary,
    )


def is_binary(schema: Node) -> bool:
    """Whether a property is a file: `format: binary` in 3.0, bytes by its media type in 3.1; or a list of files."""
    node = schema.followed()
    if not isinstance(node.value, dict):
        return False
    if node.mapping().get("type") == "array" and (items := node.get("items")) is not None:
        return isinstance(items.followed().value, dict) and items.followed().text("format") == "binary"
    media_type = node.text("contentMediaType")
    return node.text("format") == "binary" or bool(media_type and not node.text("contentEncoding"))
