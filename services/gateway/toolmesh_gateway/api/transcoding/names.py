"""How fields and enum values are called in JSON."""

from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor

_JSON_SUFFIX = "_json"


def holds_json(field: FieldDescriptor) -> bool:
    """Whether a text field holds JSON: such a field is plain JSON in REST."""
    return field.type == FieldDescriptor.TYPE_STRING and not field.is_repeated and field.name.endswith(_JSON_SUFFIX)


def is_map(field: FieldDescriptor) -> bool:
    """Whether a field is a map: on the wire a list of messages, in JSON an object."""
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def map_value(field: FieldDescriptor) -> FieldDescriptor:
    """The field that holds a map's values."""
    entry = field.message_type
    assert entry is not None  # noqa: S101 - a map has one
    return entry.fields_by_name["value"]


def json_name(field: FieldDescriptor) -> str:
    """`arguments_json` is "arguments"; other names stay."""
    return field.name.removesuffix(_JSON_SUFFIX) if holds_json(field) else field.name


def enum_names(enum: EnumDescriptor) -> dict[int, str]:
    """Lower-case names without the enum's prefix, by number; 0, "not said", has none."""
    prefix = "".join(f"_{char}" if char.isupper() else char.upper() for char in enum.name)[1:] + "_"
    return {value.number: value.name.removeprefix(prefix).lower() for value in enum.values if value.number != 0}
