"""JSON Schemas of what a caller may write."""

import base64
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from toolmesh_imports.grpc_reflection.message_schemas import MessageSchemas
from toolmesh_imports.grpc_reflection.scalars import ARGUMENT_SCALARS, Schema
from toolmesh_imports.grpc_reflection.well_known import argument_form, is_object, is_wrapper

# Alternatives grow with the square of a oneof's members; json_format refuses two members of any oneof.
_MOST_ONEOF_MEMBERS = 24


class ArgumentSchemas(MessageSchemas):
    """What a message may be written as: unknown fields refused, 64-bit integers as numbers or text."""

    def of_tool(self, message: Descriptor) -> Schema:
        """The schema of a tool's arguments, always an object: a request that is none is the argument "value"."""
        schema = self.whole(message)
        if is_object(message):
            return schema
        return {"type": "object", "properties": {"value": schema}, "required": ["value"], "additionalProperties": False}

    def _form(self, message: Descriptor) -> Schema | None:
        return argument_form(message)

    def _scalars(self) -> Mapping[int, Schema]:
        return ARGUMENT_SCALARS

    def _enum_names(self, enum: EnumDescriptor, names: Sequence[str]) -> Schema:
        return {"type": "string", "enum": list(names)}

    def _is_required(self, field: FieldDescriptor) -> bool:
        return field.is_required

    def _limits(self, message: Descriptor) -> Schema:
        limits: Schema = {"additionalProperties": False}
        at_most_one = [_at_most_one(names) for names in self._oneofs(message) if len(names) <= _MOST_ONEOF_MEMBERS]
        return limits | ({"allOf": at_most_one} if at_most_one else {})

    def _field(self, field: FieldDescriptor) -> Schema:
        schema = super()._field(field)
        if field.message_type is not None and not field.is_repeated and is_wrapper(field.message_type):
            kinds = schema["type"]
            schema["type"] = [*(kinds if isinstance(kinds, list) else [kinds]), "null"]
        if field.has_default_value:
            default = _default(field)
            if default is not None:
                schema["default"] = default
        return schema


def _at_most_one(names: Sequence[str]) -> Schema:
    """For each member an alternative without the others: `not`, which is shorter, llguidance does not know."""
    others = ([other for other in names if other != name] for name in names)
    return {"anyOf": [{"patternProperties": {f"^({'|'.join(map(re.escape, rest))})$": False}} for rest in others]}


def _default(field: FieldDescriptor) -> Any:
    value = field.default_value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if field.enum_type is not None:
        return field.enum_type.values_by_number[value].name
    return None if isinstance(value, float) and not math.isfinite(value) else value
