"""JSON values into messages: one compiled reader a message type. All that is wrong is collected, each with its path."""

from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import jiter
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from toolmesh_gateway.api.transcoding.json_text import write_json
from toolmesh_gateway.api.transcoding.names import enum_names, holds_json, is_map, json_name, map_value
from toolmesh_gateway.api.transcoding.scalars import FieldFault, scalar_reader
from toolmesh_gateway.api.transcoding.well_known import read_duration, read_timestamp

_WELL_KNOWN: dict[str, Callable[[str, Any], None]] = {
    "google.protobuf.Duration": read_duration,
    "google.protobuf.Timestamp": read_timestamp,
}


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with a request: the path of the field, and what to do."""

    field: str
    message: str


# Puts a JSON value into a message's field; what is wrong goes to the list.
_ReadField = Callable[[Any, Message, str, list[FieldError]], None]
Reader = Callable[[Any, Message, str, list[FieldError]], None]


@cache
def reader_of(descriptor: Descriptor, hidden: frozenset[str] = frozenset()) -> Reader:
    """The reader of a message type.

    Args:
        hidden: fields that callers may not set; they count as unknown.
    """
    if descriptor.full_name in _WELL_KNOWN:
        return _well_known_reader(_WELL_KNOWN[descriptor.full_name])
    fields = {json_name(field): _field_reader(field) for field in descriptor.fields if field.name not in hidden}
    oneof_of = {
        json_name(field): field.containing_oneof.name
        for field in descriptor.fields
        if field.containing_oneof is not None and len(field.containing_oneof.fields) > 1
    }

    def read(value: Any, into: Message, path: str, errors: list[FieldError]) -> None:
        if not isinstance(value, dict):
            errors.append(FieldError(path, f"must be an object, got {describe(value)}"))
            return
        if oneof_of:
            _check_oneofs(value, oneof_of, path, errors)
        for key, item in value.items():
            read_field = fields.get(key)
            if read_field is None:
                errors.append(FieldError(join(path, key), f"is unknown; known are: {', '.join(fields) or 'none'}"))
            elif item is not None:
                read_field(item, into, join(path, key), errors)

    return read


def read_texts(texts: Mapping[str, list[str]], readers: Mapping[str, _ReadField], into: Message) -> list[FieldError]:
    """Fills a message from query parameters; `readers` comes from `text_readers_of`."""
    errors: list[FieldError] = []
    for key, values in texts.items():
        read_field = readers.get(key)
        if read_field is None:
            known = ", ".join(readers) or "none"
            errors.append(FieldError(key, f"is an unknown query parameter; known are: {known}"))
        else:
            read_field(values, into, key, errors)
    return errors


def text_readers_of(descriptor: Descriptor, hidden: frozenset[str]) -> dict[str, _ReadField]:
    """Readers for query parameters: the fields that one text, or several, can say."""
    return {
        field.name: _text_reader(field)
        for field in descriptor.fields
        if field.name not in hidden and field.message_type is None and not holds_json(field)
    }


def join(path: str, key: str) -> str:
    """`a` and `b` are `a.b`."""
    return f"{path}.{key}" if path else key


def describe(value: Any) -> str:
    """What a value is, short enough for an error."""
    text = write_json(value).decode()
    return text if len(text) <= 60 else f"{text[:57]}..."


def _check_oneofs(value: dict[str, Any], oneof_of: dict[str, str], path: str, errors: list[FieldError]) -> None:
    taken: dict[str, str] = {}
    for key, item in value.items():
        oneof = oneof_of.get(key) if item is not None else None
        if oneof is not None and taken.setdefault(oneof, key) != key:
            errors.append(FieldError(join(path, key), f"cannot be given together with '{taken[oneof]}'"))


def _well_known_reader(fill: Callable[[str, Any], None]) -> Reader:
    def read(value: Any, into: Message, path: str, errors: list[FieldError]) -> None:
        if not isinstance(value, str):
            errors.append(FieldError(path, f"must be a string, got {describe(value)}"))
            return
        try:
            fill(value, into)
        except ValueError as error:
            errors.append(FieldError(path, f"{error}, got {describe(value)}"))

    return read


def _field_reader(field: FieldDescriptor) -> _ReadField:
    name = field.name
    if is_map(field):
        return _map_reader(field)
    if field.message_type is not None:
        return _repeated_message_reader(field) if field.is_repeated else _message_reader(field)
    if holds_json(field):

        def read_json_field(value: Any, into: Message, _path: str, _errors: list[FieldError]) -> None:
            setattr(into, name, write_json(value).decode())

        return read_json_field
    read_scalar = _single_reader(field)
    if field.is_repeated:
        return _repeated_scalar_reader(name, read_scalar)

    def read_single(value: Any, into: Message, path: str, errors: list[FieldError]) -> None:
        try:
            setattr(into, name, read_scalar(value))
        except FieldFault as fault:
            errors.append(FieldError(path, f"{fault}, got {describe(value)}"))

    return read_single


def _single_reader(field: FieldDescriptor) -> Callable[[Any], Any]:
    if field.enum_type is not None:
        numbers = {name: number for number, name in enum_names(field.enum_type).items()}

        def read_enum(value: Any) -> int:
            number = numbers.get(value) if isinstance(value, str) else None
            if number is None:
                raise FieldFault(f"must be one of {', '.join(numbers)}")
            return number

        return read_enum
    if field.type == FieldDescriptor.TYPE_BYTES:
        return _read_bytes
    return scalar_reader(field.cpp_type)


def _read_bytes(value: Any) -> bytes:
    if not isinstance(value, str):
        raise FieldFault("must be base64 text")
    try:
        return b64decode(value, validate=True)
    except ValueError as error:
        raise FieldFault("must be base64 text") from error


def _message_reader(field: FieldDescriptor) -> _ReadField:
    name, read = field.name, reader_of(field.message_type)

    def read_message(value: Any, into: Message, path: str, errors: list[FieldError]) -> None:
        inner = getattr(into, name)
        inner.SetInParent()
        read(value, inner, path, errors)

    return read_message


def _repeated_message_reader(field: FieldDescriptor) -> _ReadField:
    name, read = field.name, reader_of(field.message_type)

    def read_messages(value: Any, into: Message, path: str, errors: list[FieldError]) -> None:
        if not isinstance(value, list):
            errors.append(FieldError(path, f"must be an array, got {describe(value)}"))
            return
        target = getattr(into, name)
        for index, item in enumerate(value):
            read(item, target.add(), f"{path}[{index}]", errors)

    return read_messages


def _map_reader(field: FieldDescriptor) -> _ReadField:
    """Of maps from text to scalars, the only ones that the contracts have."""
    name, read_value = field.name, _single_reader(map_value(field))

    def read_map(value: Any, into: Message, path: str, errors: list[FieldError]) -> None:
        if not isinstance(value, dict):
            errors.append(FieldError(path, f"must be an object, got {describe(value)}"))
            return
        target = getattr(into, name)
        for key, item in value.items():
            try:
                target[key] = read_value(item)
            except FieldFault as fault:
                errors.append(FieldError(join(path, key), f"{fault}, got {describe(item)}"))

    return read_map


def _repeated_scalar_reader(name: str, read_scalar: Callable[[Any], Any]) -> _ReadField:
    def read_scalars(value: Any, into: Message, path: str, errors: list[FieldError]) -> None:
        if not isinstance(value, list):
            errors.append(FieldError(path, f"must be an array, got {describe(value)}"))
            return
        target = getattr(into, name)
        for index, item in enumerate(value):
            try:
                target.append(read_scalar(item))
            except FieldFault as fault:
                errors.append(FieldError(f"{path}[{index}]", f"{fault}, got {describe(item)}"))

    return read_scalars


def _text_reader(field: FieldDescriptor) -> _ReadField:
    """Reads texts as JSON scalars: a number or true/false where the field wants one."""
    read_field = _field_reader(field)
    is_text = field.type in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES, FieldDescriptor.TYPE_ENUM)

    def read(texts: Any, into: Message, path: str, errors: list[FieldError]) -> None:
        if not field.is_repeated and len(texts) > 1:
            errors.append(FieldError(path, f"must be given once, got {len(texts)} times"))
            return
        values = texts if is_text else [_scalar_of_text(text) for text in texts]
        read_field(values if field.is_repeated else values[0], into, path, errors)

    return read


def _scalar_of_text(text: str) -> Any:
    try:
        return jiter.from_json(text.encode(), float_mode="lossless-float", allow_inf_nan=False)
    except ValueError:
        return text
