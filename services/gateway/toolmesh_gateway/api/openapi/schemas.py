"""JSON Schemas of messages, in the shapes that the transcoder reads and writes."""

from collections.abc import Collection, Mapping
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from toolmesh_gateway.api.transcoding.names import enum_names, holds_json, is_map, json_name, map_value

Schema = dict[str, Any]

_SCALARS: dict[int, Schema] = {
    FieldDescriptor.CPPTYPE_INT32: {"type": "integer", "format": "int32"},
    FieldDescriptor.CPPTYPE_INT64: {"type": "integer", "format": "int64"},
    FieldDescriptor.CPPTYPE_UINT32: {"type": "integer", "minimum": 0},
    FieldDescriptor.CPPTYPE_UINT64: {"type": "integer", "minimum": 0},
    FieldDescriptor.CPPTYPE_FLOAT: {"type": "number", "format": "float"},
    FieldDescriptor.CPPTYPE_DOUBLE: {"type": "number", "format": "double"},
    FieldDescriptor.CPPTYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.CPPTYPE_STRING: {"type": "string"},
}
_WELL_KNOWN: dict[str, Schema] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "pattern": r"^-?\d+(\.\d{1,9})?s$", "examples": ["1.5s"]},
}


class Schemas:
    """Makes schemas and collects those that others refer to.

    Args:
        comments: by full name.
    """

    def __init__(self, comments: Mapping[str, str]) -> None:
        self._comments = comments
        self.components: dict[str, Schema] = {}

    def comment(self, full_name: str) -> str:
        """The comment of something; "" where it has none."""
        return self._comments.get(full_name, "")

    def reference(self, descriptor: Any) -> Schema:
        """A schema that refers to a message's component."""
        if descriptor.full_name in _WELL_KNOWN:
            return dict(_WELL_KNOWN[descriptor.full_name])
        name = self._name(descriptor)
        if name not in self.components:
            # Taken before its fields are walked, so that a message may hold itself.
            self.components[name] = {}
            self.components[name] = self.message(descriptor)
        return {"$ref": f"#/components/schemas/{name}"}

    def message(
        self,
        descriptor: Descriptor,
        hidden: Collection[str] = (),
        required: Collection[str] = (),
        *,
        closed: bool = False,
    ) -> Schema:
        """The schema of a message.

        Args:
            hidden: fields that are not part of it.
            closed: other fields are refused.
        """
        fields = [field for field in descriptor.fields if field.name not in hidden]
        schema: Schema = {
            "type": "object",
            "description": self.comment(descriptor.full_name),
            "properties": {json_name(field): self.field(field) for field in fields},
        }
        if required:
            schema["required"] = list(required)
        if closed:
            schema["additionalProperties"] = False
        return schema

    def field(self, field: FieldDescriptor) -> Schema:
        """The schema of a field, its comment included."""
        if is_map(field):
            values = self._single(map_value(field))
            return {"type": "object", "additionalProperties": values, "description": self.comment(field.full_name)}
        one = self._single(field)
        schema = {"type": "array", "items": one} if field.is_repeated else one
        return schema | {"description": self.comment(field.full_name)}

    def _single(self, field: FieldDescriptor) -> Schema:
        if field.message_type is not None:
            return self.reference(field.message_type)
        if field.enum_type is not None:
            return {"type": "string", "enum": list(enum_names(field.enum_type).values())}
        if holds_json(field):
            # Plain JSON of any type; what it must satisfy, its comment says.
            return {}
        if field.type == FieldDescriptor.TYPE_BYTES:
            return {"type": "string", "contentEncoding": "base64"}
        return dict(_SCALARS[field.cpp_type])

    def _name(self, descriptor: Descriptor) -> str:
        """Short, unless another package has one of that name: `tool.v1.X` then is "ToolX"."""
        taken = self.components.get(descriptor.name)
        if taken is None or taken.get("description") == self.comment(descriptor.full_name):
            return descriptor.name
        package = descriptor.full_name.split(".")[1]
        return "".join(part.capitalize() for part in package.split("_")) + descriptor.name
