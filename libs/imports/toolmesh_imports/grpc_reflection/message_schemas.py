"""JSON Schemas of messages: each message is described once in an import, and referred to through `$defs`."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from toolmesh_imports.grpc_reflection.scalars import MAP_KEY_PATTERNS, Schema

_NULL_VALUE = "google.protobuf.NullValue"


class MessageSchemas(ABC):
    """Makes schemas and keeps those of messages.

    Args:
        comments: by full name.
        original_names: fields are called as in the proto file, not by their JSON names.
    """

    def __init__(self, comments: Mapping[str, str], *, original_names: bool) -> None:
        self._comments = comments
        self._original_names = original_names
        self._definitions: dict[str, Schema] = {}

    def whole(self, message: Descriptor) -> Schema:
        """The schema of a message, with `$defs` for all that it holds."""
        form = self._form(message)
        if form is not None:
            return form
        held = held_messages(message)
        definitions = {item.full_name: self._definition(item) for item in held if self._form(item) is None}
        return self._definition(message) | ({"$defs": definitions} if definitions else {})

    def _definition(self, message: Descriptor) -> Schema:
        found = self._definitions.get(message.full_name)
        if found is None:
            found = self._definitions[message.full_name] = self._described(message)
        return found

    def _described(self, message: Descriptor) -> Schema:
        fields = [field for field in message.fields if not field.is_extension]
        schema: Schema = {"type": "object"}
        described = self._joined(message.full_name, *self._oneof_sentences(message))
        if described:
            schema["description"] = described
        if fields:
            schema["properties"] = {self._name(field): self._field(field) for field in fields}
        required = [self._name(field) for field in fields if self._is_required(field)]
        if required:
            schema["required"] = required
        return schema | self._limits(message)

    def _field(self, field: FieldDescriptor) -> Schema:
        schema = self._held(field)
        described = self._joined(field.full_name, str(schema.get("description", "")))
        if described:
            schema["description"] = described
        if field.has_options and field.GetOptions().deprecated:
            schema["deprecated"] = True
        return schema

    def _held(self, field: FieldDescriptor) -> Schema:
        """One value, a list or a map."""
        if is_map(field):
            return self._map(field)
        one = self._value(field)
        return {"type": "array", "items": one} if field.is_repeated else one

    def _map(self, field: FieldDescriptor) -> Schema:
        key = map_part(field, "key")
        schema = self._value(map_part(field, "value"))
        if key.type == FieldDescriptor.TYPE_BOOL:
            return {"type": "object", "properties": {"true": schema, "false": schema}, "additionalProperties": False}
        pattern = MAP_KEY_PATTERNS.get(key.type)
        if pattern is None:
            return {"type": "object", "additionalProperties": schema}
        return {"type": "object", "patternProperties": {pattern: schema}, "additionalProperties": False}

    def _value(self, field: FieldDescriptor) -> Schema:
        if field.message_type is not None:
            form = self._form(field.message_type)
            return {"$ref": f"#/$defs/{field.message_type.full_name}"} if form is None else form
        if field.enum_type is not None:
            return self._enum(field.enum_type)
        return dict(self._scalars()[field.type])

    def _enum(self, enum: EnumDescriptor) -> Schema:
        if enum.full_name == _NULL_VALUE:
            return {"enum": [None, "NULL_VALUE"]}
        names = [value.name for value in enum.values]
        told = [(name, self._comments.get(f"{enum.full_name}.{name}")) for name in names]
        described = self._joined(enum.full_name, "; ".join(f"{name}: {comment}" for name, comment in told if comment))
        schema = self._enum_names(enum, names)
        return schema | ({"description": described} if described else {})

    def _joined(self, full_name: str, *more: str) -> str:
        return " ".join(text for text in (self._comments.get(full_name, ""), *more) if text)

    def _oneof_sentences(self, message: Descriptor) -> list[str]:
        return [f"At most one of {', '.join(names)}." for names in self._oneofs(message)]

    def _oneofs(self, message: Descriptor) -> list[list[str]]:
        """The members of each oneof that has several; one with a single member limits nothing."""
        groups = [[self._name(field) for field in oneof.fields] for oneof in message.oneofs]
        return [names for names in groups if len(names) > 1]

    def _name(self, field: FieldDescriptor) -> str:
        return field.name if self._original_names else field.json_name

    @abstractmethod
    def _form(self, message: Descriptor) -> Schema | None: ...

    @abstractmethod
    def _scalars(self) -> Mapping[int, Schema]: ...

    @abstractmethod
    def _enum_names(self, enum: EnumDescriptor, names: Sequence[str]) -> Schema: ...

    @abstractmethod
    def _is_required(self, field: FieldDescriptor) -> bool: ...

    @abstractmethod
    def _limits(self, message: Descriptor) -> Schema: ...


def is_map(field: FieldDescriptor) -> bool:
    """Whether the field is a map."""
    entry = field.message_type
    return entry is not None and field.is_repeated and entry.has_options and entry.GetOptions().map_entry


def map_part(field: FieldDescriptor, name: str) -> FieldDescriptor:
    """The field "key" or "value" of a map's entries."""
    entry: Any = field.message_type
    part: FieldDescriptor = entry.fields_by_name[name]
    return part


def held_messages(message: Descriptor) -> list[Descriptor]:
    """Every message that a field of it holds, however deep; itself too where it is recursive."""
    found: dict[str, Descriptor] = {}
    waiting = [message]
    while waiting:
        for field in waiting.pop().fields:
            held = map_part(field, "value").message_type if is_map(field) else field.message_type
            if held is not None and held.full_name not in found:
                found[held.full_name] = held
                waiting.append(held)
    return list(found.values())
