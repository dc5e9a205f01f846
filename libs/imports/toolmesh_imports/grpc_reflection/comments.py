"""Comments of proto files as descriptions. They are text of others: one line each, cut, without control characters."""

from collections.abc import Iterable, Iterator

from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto, FileDescriptorProto

Path = tuple[int, ...]

# Field numbers in google/protobuf/descriptor.proto, of which a location's path is made.
_FILE_MESSAGES, _FILE_ENUMS, _FILE_SERVICES = 4, 5, 6
_MESSAGE_FIELDS, _NESTED_MESSAGES, _NESTED_ENUMS, _ONEOFS = 2, 3, 4, 8
_ENUM_VALUES, _SERVICE_METHODS = 2, 2
_MOST_CHARACTERS = 1000


def comments_of(files: Iterable[FileDescriptorProto]) -> dict[str, str]:
    """Comments by full name of messages, fields, oneofs, enums, services and methods; enum values as Enum.VALUE."""
    comments: dict[str, str] = {}
    for file in files:
        if not file.HasField("source_code_info"):
            continue
        names = dict(_names(file))
        for location in file.source_code_info.location:
            name = names.get(tuple(location.path))
            text = one_line(location.leading_comments or location.trailing_comments)
            if name and text:
                comments[name] = text
    return comments


def one_line(text: str, most: int = _MOST_CHARACTERS) -> str:
    """The text in one line of at most `most` printable characters."""
    line = "".join(character for character in " ".join(text.split()) if character.isprintable())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _names(file: FileDescriptorProto) -> Iterator[tuple[Path, str]]:
    scope = f"{file.package}." if file.package else ""
    for index, message in enumerate(file.message_type):
        yield from _message_names(message, (_FILE_MESSAGES, index), scope)
    for index, enum in enumerate(file.enum_type):
        yield from _enum_names(enum, (_FILE_ENUMS, index), scope)
    for index, service in enumerate(file.service):
        yield (_FILE_SERVICES, index), f"{scope}{service.name}"
        for place, method in enumerate(service.method):
            yield (_FILE_SERVICES, index, _SERVICE_METHODS, place), f"{scope}{service.name}.{method.name}"


def _message_names(message: DescriptorProto, path: Path, scope: str) -> Iterator[tuple[Path, str]]:
    name = f"{scope}{message.name}"
    yield path, name
    for index, field in enumerate(message.field):
        yield (*path, _MESSAGE_FIELDS, index), f"{name}.{field.name}"
    for index, oneof in enumerate(message.oneof_decl):
        yield (*path, _ONEOFS, index), f"{name}.{oneof.name}"
    for index, nested in enumerate(message.nested_type):
        yield from _message_names(nested, (*path, _NESTED_MESSAGES, index), f"{name}.")
    for index, enum in enumerate(message.enum_type):
        yield from _enum_names(enum, (*path, _NESTED_ENUMS, index), f"{name}.")


def _enum_names(enum: EnumDescriptorProto, path: Path, scope: str) -> Iterator[tuple[Path, str]]:
    name = f"{scope}{enum.name}"
    yield path, name
    for index, value in enumerate(enum.value):
        yield (*path, _ENUM_VALUES, index), f"{name}.{value.name}"
