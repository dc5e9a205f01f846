"""Imports for files that do not say what they import.

Servers on Node.js describe themselves so (grpc-node issue 2595): one file a package, without imports, and the
well-known messages in a file of another name.
"""

from collections.abc import Iterable, Iterator, Mapping

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto

_WELL_KNOWN_PACKAGE = "google.protobuf"


def with_imports(
    files: Mapping[str, FileDescriptorProto], well_known: Iterable[FileDescriptorProto]
) -> dict[str, FileDescriptorProto]:
    """Copies of the files, each with an import of whatever file defines what it refers to.

    Args:
        well_known: stand for all files of their package.
    """
    kept = {name: file for name, file in files.items() if file.package != _WELL_KNOWN_PACKAGE}
    homes = {symbol: file.name for file in (*well_known, *kept.values()) for symbol in _defined(file)}
    return {name: _with_imports(file, homes) for name, file in kept.items()}


def _with_imports(file: FileDescriptorProto, homes: Mapping[str, str]) -> FileDescriptorProto:
    needed = {_home(scope, name, homes) for scope, name in _references(file)}
    mended = FileDescriptorProto()
    mended.CopyFrom(file)
    # With every import direct, there is no need of public ones.
    for field in ("dependency", "public_dependency", "weak_dependency"):
        mended.ClearField(field)
    mended.dependency.extend(sorted(needed - {file.name, ""}))
    return mended


def _home(scope: str, name: str, homes: Mapping[str, str]) -> str:
    """The file that defines a name as it is meant in a scope: the innermost counts; "" where none does."""
    if name.startswith("."):
        return homes.get(name[1:], "")
    parts = scope.split(".")
    for count in range(len(parts), -1, -1):
        found = homes.get(".".join([*parts[:count], name]))
        if found is not None:
            return found
    return ""


def _defined(file: FileDescriptorProto) -> Iterator[str]:
    """Full names of all messages and enums."""
    for scope, message in _messages(file):
        yield f"{scope}.{message.name}".lstrip(".")
        yield from (f"{scope}.{message.name}.{enum.name}".lstrip(".") for enum in message.enum_type)
    yield from (f"{file.package}.{enum.name}".lstrip(".") for enum in file.enum_type)


def _references(file: FileDescriptorProto) -> Iterator[tuple[str, str]]:
    """What is referred to: (scope, name as written)."""
    for scope, message in _messages(file):
        inner = f"{scope}.{message.name}".lstrip(".")
        yield from _of_fields(inner, (*message.field, *message.extension))
    yield from _of_fields(file.package, file.extension)
    for service in file.service:
        for method in service.method:
            yield file.package, method.input_type
            yield file.package, method.output_type


def _of_fields(scope: str, fields: Iterable[FieldDescriptorProto]) -> Iterator[tuple[str, str]]:
    for field in fields:
        yield from ((scope, name) for name in (field.type_name, field.extendee) if name)


def _messages(file: FileDescriptorProto) -> Iterator[tuple[str, DescriptorProto]]:
    """Every message with the scope it stands in, nested ones too."""
    waiting = [(file.package, message) for message in file.message_type]
    while waiting:
        scope, message = waiting.pop()
        yield scope, message
        waiting += [(f"{scope}.{message.name}".lstrip("."), nested) for nested in message.nested_type]
