"""JSON Schemas of the google.protobuf messages that have a JSON form of their own."""

from collections.abc import Mapping

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from toolmesh_imports.grpc_reflection.scalars import ARGUMENT_SCALARS, REPLY_SCALARS, Schema

_PACKAGE = "google.protobuf."
_ANY: Schema = {
    "type": "object",
    "properties": {"@type": {"type": "string", "pattern": "^.*/[^/]+$"}},
    "description": "A message of any type: '@type' is type.googleapis.com/ and its full name, beside it its fields.",
}
_FORMS: Mapping[str, Schema] = {
    "Timestamp": {
        "type": "string",
        "format": "date-time",
        "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$",
    },
    "Duration": {
        "type": "string",
        "pattern": r"^-?[0-9]{1,12}(\.[0-9]{1,9})?s$",
        "description": "Seconds with the letter s, such as 1.5s.",
    },
    "FieldMask": {
        "type": "string",
        "pattern": r"^([A-Za-z0-9.]+(,[A-Za-z0-9.]+)*)?$",
        "description": "Names of fields by commas, such as user.displayName,photo.",
    },
    "Struct": {"type": "object"},
    "ListValue": {"type": "array"},
    "Value": {},
}
_WRAPPED: Mapping[str, int] = {
    "DoubleValue": FieldDescriptor.TYPE_DOUBLE,
    "FloatValue": FieldDescriptor.TYPE_FLOAT,
    "Int64Value": FieldDescriptor.TYPE_INT64,
    "UInt64Value": FieldDescriptor.TYPE_UINT64,
    "Int32Value": FieldDescriptor.TYPE_INT32,
    "UInt32Value": FieldDescriptor.TYPE_UINT32,
    "BoolValue": FieldDescriptor.TYPE_BOOL,
    "StringValue": FieldDescriptor.TYPE_STRING,
    "BytesValue": FieldDescriptor.TYPE_BYTES,
}


def is_wrapper(message: Descriptor) -> bool:
    """Whether it is a wrapper such as StringValue: a scalar that may be null."""
    return message.full_name.startswith(_PACKAGE) and message.name in _WRAPPED


def is_object(message: Descriptor) -> bool:
    """Whether the message's JSON form is an object."""
    own = message.full_name.startswith(_PACKAGE) and (message.name in _FORMS or message.name in _WRAPPED)
    return not own or message.name == "Struct"


def argument_form(message: Descriptor) -> Schema | None:
    """The schema as an argument; None for an ordinary message."""
    if message.full_name == f"{_PACKAGE}Any":
        return _ANY | {"required": ["@type"]}
    return _form(message, ARGUMENT_SCALARS)


def reply_form(message: Descriptor) -> Schema | None:
    """The schema in a reply; None for an ordinary message. An Any that holds nothing is printed as {}."""
    if message.full_name == f"{_PACKAGE}Any":
        return dict(_ANY)
    return _form(message, REPLY_SCALARS)


def _form(message: Descriptor, scalars: Mapping[int, Schema]) -> Schema | None:
    if not message.full_name.startswith(_PACKAGE):
        return None
    if message.name in _WRAPPED:
        return dict(scalars[_WRAPPED[message.name]])
    form = _FORMS.get(message.name)
    return None if form is None else dict(form)
