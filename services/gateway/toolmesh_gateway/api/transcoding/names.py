"""How fields and enum values are called in JSON."""

from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor

_JSON_SUFFIX = "_json"


def holds_json(field: FieldDescriptor) -> bool:
    """Whether a text field holds JSON: such a field is plain JSON in REST."""
    return field.type == FieldDescriptor.TYPE_STRING and not field.is_repeated and field.name.endswith(_JSON_SUFFIX)


def json_name(field: FieldDescriptor) -> str:
    """`arguments_json` is "arguments"; other names stay."""
    return field.name.removesuffix(_JSON_SUFFIX) if holds_json(field) else field.name


def enum_names(enum: EnumDescriptor) -> dict[int, str]:
    """Lower-case names without the enum's prefix, by number; 0, "not said", has none."""
    prefix = "".join(f"_{char}" if char.isupper() else char.upper() for char in enum.name)[1:] + "_"
    return {value.number: value.name.removeprefix(prefix).lower() for value in enum.values if value.number != 0}
