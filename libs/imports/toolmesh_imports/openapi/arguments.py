"""Joins parameters and body into one object of arguments.

An argument has the name of its parameter or property. Where two have the same, the first in the order path, query,
header, cookie, body keeps it, and the others get their place before it: `query_id`, `body_id`; a number after it where
that is taken too. Signs that some LLMs refuse in a name become "_": `filter[name]` is `filter_name`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from toolmesh_imports.openapi.bodies import DeclaredBody
from toolmesh_imports.openapi.operation import Body, Parameter
from toolmesh_imports.openapi.parameters import DeclaredParameter
from toolmesh_imports.openapi.schemas import Schema, SchemaConverter
from toolmesh_imports.openapi.texts import MAX_FIELD_CHARS, argument_name, free_name, one_line

_BASE64_NOTE = "The file's bytes in base64."


@dataclass(slots=True)
class Arguments:
    """What is joined so far."""

    converter: SchemaConverter
    properties: dict[str, Schema | bool] = field(default_factory=dict)
    required: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def add_parameters(self, declared: Iterable[DeclaredParameter]) -> tuple[Parameter, ...]:
        """An argument for each parameter."""
        return tuple(
            Parameter(
                argument=self._add(
                    item.name, item.place, item.converted(self.converter, self.used), required=item.required
                ),
                name=item.name,
                place=item.place,
                style=item.style,
                explode=item.explode,
                allow_reserved=item.allow_reserved,
                as_json=item.as_json,
            )
            for item in declared
        )

    def add_body(self, declared: DeclaredBody | None) -> Body | None:
        """An argument for each property of the body, or one for all of it."""
        if declared is None:
            return None
        body = Body(declared.kind, declared.media_type, declared.required, fields=declared.fields)
        if declared.properties is None:
            whole = self._add("body", "body", self._whole(declared), required=declared.required)
            return Body(body.kind, body.media_type, body.required, whole=whole, fields=body.fields)
        names: dict[str, str] = {}
        for name, node in declared.properties.items():
            schema = self.converter.convert(node, self.used)
            if name in declared.fields and declared.fields[name].is_binary:
                schema = _as_base64(schema)
            names[self._add(name, "body", schema, required=name in declared.required_properties)] = name
        return Body(body.kind, body.media_type, body.required, properties=names, fields=body.fields)

    def schema(self) -> Schema:
        """The JSON Schema of all arguments; others than these are refused."""
        schema: Schema = {"type": "object", "properties": self.properties, "additionalProperties": False}
        if self.required:
            schema["required"] = self.required
        if definitions := self.converter.definitions(self.used):
            schema["$defs"] = definitions
        return schema

    def _add(self, wanted: str, place: str, schema: Schema | bool, *, required: bool) -> str:
        name = argument_name(wanted)
        if name in self.properties:
            name = free_name(argument_name(f"{place}_{name}"), self.properties)
        self.properties[name] = schema
        if required:
            self.required.append(name)
        return name

    def _whole(self, declared: DeclaredBody) -> Schema:
        schema: Schema = {}
        if declared.kind == "binary":
            schema = {"type": "string", "contentEncoding": "base64", "description": _BASE64_NOTE}
        elif declared.kind == "text":
            schema = {"type": "string"}
        elif declared.schema is not None:
            inside = self.converter.convert(declared.schema, self.used)
            schema = dict(inside) if isinstance(inside, dict) else {}
        if description := one_line(declared.node.text("description"), MAX_FIELD_CHARS):
            schema.setdefault("description", description)
        return schema


def _as_base64(schema: Schema | bool) -> Schema:
    described: Schema = dict(schema) if isinstance(schema, dict) else {}
    if described.get("type") == "array":
        return {**described, "items": _as_base64(described.get("items", {}))}
    note = " ".join(filter(None, (described.get("description"), _BASE64_NOTE)))
    kept = {key: value for key, value in described.items() if key not in ("format", "contentMediaType")}
    return {**kept, "type": "string", "contentEncoding": "base64", "description": note}
