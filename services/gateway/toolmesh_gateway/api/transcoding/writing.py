"""Messages as JSON values: one compiled writer a message type.

A field without presence is always written (also "", 0, false and []), except an enum that says nothing; an unset
message, oneof member or optional field is left out.
"""

import math
import struct
from base64 import b64encode
from collections.abc import Callable
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from toolmesh_gateway.api.transcoding.json_text import embed_json
from toolmesh_gateway.api.transcoding.names import enum_names, holds_json, json_name
from toolmesh_gateway.api.transcoding.well_known import duration_text, timestamp_text

Writer = Callable[[Message], Any]
_WriteValue = Callable[[Any], Any]

_WELL_KNOWN: dict[str, Writer] = {
    "google.protobuf.Duration": duration_text,  # type: ignore[dict-item]
    "google.protobuf.Timestamp": timestamp_text,  # type: ignore[dict-item]
}


def writer_of(descriptor: Any) -> Writer:
    """The writer of a message type."""
    return _WELL_KNOWN.get(descriptor.full_name) or _compile(descriptor)


def response_writer_of(descriptor: Descriptor) -> Writer:
    """The writer of a response; one around a single resource is that resource, other fields beside its own."""
    inner = wrapped_field(descriptor)
    if inner is None:
        return writer_of(descriptor)
    name, write = inner.name, writer_of(inner.message_type)
    if len(descriptor.fields) == 1:
        return lambda message: write(getattr(message, name))
    write_all = writer_of(descriptor)

    def write_joined(message: Message) -> dict[str, Any]:
        outer: dict[str, Any] = write_all(message)
        resource: dict[str, Any] = outer.pop(name, {})
        return resource | outer

    return write_joined


def wrapped_field(descriptor: Descriptor) -> FieldDescriptor | None:
    """The resource that a response is made around: its only message, where nothing in it is repeated."""
    messages = [field for field in descriptor.fields if field.message_type is not None]
    if len(messages) != 1 or any(field.is_repeated for field in descriptor.fields):
        return None
    resource = messages[0].message_type
    beside = {field.name for field in descriptor.fields} - {messages[0].name}
    is_clear = resource is not None and not beside & {json_name(field) for field in resource.fields}
    return messages[0] if is_clear else None


@cache
def _compile(descriptor: Descriptor) -> Writer:
    fields = [
        (json_name(field), field.name, field.has_presence, _is_skipped_empty(field), _value_writer(field))
        for field in descriptor.fields
    ]

    def write(message: Message) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for key, name, has_presence, skip_empty, write_value in fields:
            if has_presence and not message.HasField(name):
                continue
            value = getattr(message, name)
            if skip_empty and not value:
                continue
            out[key] = value if write_value is None else write_value(value)
        return out

    return write


def _is_skipped_empty(field: FieldDescriptor) -> bool:
    return not field.is_repeated and (field.enum_type is not None or holds_json(field)) and not field.has_presence


def _value_writer(field: FieldDescriptor) -> _WriteValue | None:
    one = _single_writer(field)
    if not field.is_repeated:
        return one
    return list if one is None else lambda values: [one(value) for value in values]


def _single_writer(field: FieldDescriptor) -> _WriteValue | None:
    if field.message_type is not None:
        return writer_of(field.message_type)
    if field.enum_type is not None:
        names = enum_names(field.enum_type)
        # A number that a newer service sends and we do not know yet stays a number.
        return lambda number: names.get(number, number)
    if holds_json(field):
        return embed_json
    if field.type == FieldDescriptor.TYPE_BYTES:
        return lambda value: b64encode(value).decode()
    if field.type == FieldDescriptor.TYPE_DOUBLE:
        return write_double
    return write_float if field.type == FieldDescriptor.TYPE_FLOAT else None


def write_double(value: float) -> float | str:
    """A double; what JSON has no number for becomes "NaN", "Infinity" or "-Infinity"."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def write_float(value: float) -> float | str:
    """A 32-bit float with the fewest digits that give it back: 0.1, not 0.10000000149011612."""
    if not math.isfinite(value):
        return write_double(value)
    for digits in (6, 7, 8):
        short = float(f"{value:.{digits}g}")
        if struct.pack("<f", short) == struct.pack("<f", value):
            return short
    return float(f"{value:.9g}")
